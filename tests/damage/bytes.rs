//! What can happen to a file.

use crate::support::random::Rng;
use std::fs;
use std::path::Path;

const BLOCK: usize = 4_096;

/// Damages a file in one of many ways, and says how.
pub(super) fn damage(path: &Path, rng: &mut Rng) -> String {
    let mut bytes = fs::read(path).unwrap();
    let length = bytes.len();
    let at = rng.below(length);
    let block = |at: usize| at / BLOCK * BLOCK..(at / BLOCK * BLOCK + BLOCK).min(length);
    let how = match rng.below(12) {
        0 => {
            fs::remove_file(path).unwrap();
            return "removed".to_owned();
        }
        1 => {
            bytes.clear();
            "emptied".to_owned()
        }
        2 => {
            bytes.truncate(at);
            format!("cut at {at} of {length}")
        }
        3 => {
            bytes.extend((0..=rng.below(5_000)).map(|n| (n % 251) as u8));
            format!("longer than its {length}")
        }
        4 => {
            bytes[block(at)].fill(0);
            format!("the block of {at} zeroed")
        }
        5 => {
            let end = (at + 1 + rng.below(64)).min(length);
            bytes[at..end].fill_with(|| rng.below(256) as u8);
            format!("{at}..{end} random")
        }
        6 => {
            let from = block(rng.below(length));
            let copy = bytes[from.clone()].to_vec();
            let to = block(at);
            bytes[to].iter_mut().zip(copy).for_each(|(byte, new)| *byte = new);
            format!("the block of {} copied over that of {at}", from.start)
        }
        7 => {
            let (a, b) = (block(at), block(rng.below(length)));
            let (first, second) = (bytes[a.clone()].to_vec(), bytes[b.clone()].to_vec());
            bytes[a].iter_mut().zip(&second).for_each(|(byte, new)| *byte = *new);
            bytes[b.clone()].iter_mut().zip(&first).for_each(|(byte, new)| *byte = *new);
            format!("the blocks of {at} and {} swapped", b.start)
        }
        _ => {
            let bit = rng.below(8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} of {length} flipped")
        }
    };
    fs::write(path, bytes).unwrap();
    how
}
