//! Damaged, cut and open event logs: what can be read is read, what is lost is told, what is no part of the log is not.

use super::evtx_writer::{CHUNK, ChunkWriter, Element, WHOLE, chunks, element, header, sum};
use super::reading::{ReadLog, lines, trees};
use crate::source::logs::BadReason::{self, ChangedChunk, CutLog, DamagedChunk, DamagedRecord};

/// Events with these numbers.
fn events(numbers: std::ops::Range<u32>) -> Vec<Element> {
    let event = |n: u32| element("Event", &[], "", vec![element("N", &[], &n.to_string(), Vec::new())]);
    numbers.map(event).collect()
}

/// Three chunks with three records each, numbered from 0.
fn sound() -> Vec<Vec<u8>> {
    chunks(&[events(0..3), events(3..6), events(6..9)], WHOLE)
}

fn file(counted: usize, flags: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    [header(counted, flags), chunks.concat()].concat()
}

/// The numbers of the events that are found, and what is told.
fn found(bytes: &[u8]) -> (Vec<u32>, Vec<(u64, BadReason)>) {
    let (values, bad) = trees(bytes, 1 << 16);
    // Where blocks end makes no difference, and every line is either a record or bad.
    for block in [1, 100, 4_000] {
        assert_eq!(lines(bytes, block), lines(bytes, 1 << 16), "{block}");
    }
    let ReadLog { lines, count, .. } = lines(bytes, 1 << 16);
    let mut numbers: Vec<u64> = lines.iter().map(|(number, _)| *number).chain(bad.iter().map(|(number, _)| *number)).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..count).collect::<Vec<_>>());
    (values.iter().map(|values| values[0].1.parse().unwrap_or(u32::MAX)).collect(), bad)
}

#[test]
fn the_header_says_which_chunks_are_the_logs() {
    let all: Vec<u32> = (0..9).collect();
    let [one, two, three] = <[Vec<u8>; 3]>::try_from(sound()).unwrap();
    let (room, noise) = (vec![0; CHUNK], vec![0xa5; CHUNK]);
    let six: Vec<u32> = (0..6).collect();
    let ends: Vec<u32> = [0, 1, 2, 6, 7, 8].to_vec();
    let log = |counted, flags, chunks: &[&Vec<u8>]| {
        found(&file(counted, flags, &chunks.iter().map(|chunk| (*chunk).clone()).collect::<Vec<_>>()))
    };
    assert_eq!(log(3, 0, &[&one, &two, &three]), (all.clone(), vec![]));
    // Room that was made, and what had stood there before, are no damage.
    assert_eq!(log(2, 0, &[&one, &two, &room, &noise]), (six.clone(), vec![]));
    assert_eq!(log(2, 1, &[&one, &two, &room, &noise]), (six.clone(), vec![]));
    // Chunks of an older, longer log have records still.
    assert_eq!(log(2, 0, &[&one, &two, &three]), (all.clone(), vec![]));
    let mut torn = three.clone();
    torn[512..].fill(0x11);
    assert_eq!(log(2, 0, &[&one, &two, &torn]).1, []);
    // While a log is open, its header does not count its last chunks.
    assert_eq!(log(1, 1, &[&one, &two, &three]), (all, vec![]));
    assert_eq!(log(1, 1, &[&one, &two, &torn]).1, [(6, DamagedChunk)]);
    assert_eq!(log(1, 1, &[&one, &noise, &three]), (ends.clone(), vec![(3, DamagedChunk)]));
    // What lies behind room has older numbers: it is none of the log's.
    assert_eq!(log(1, 1, &[&three, &noise, &one]).1, []);
    // A chunk that is counted.
    assert_eq!(log(3, 0, &[&one, &noise, &three]), (ends.clone(), vec![(3, DamagedChunk)]));
    assert_eq!(log(3, 0, &[&one, &room, &three]), (ends, vec![(3, DamagedChunk)]));
    // A header that cannot be trusted counts nothing.
    let mut changed = file(2, 0, &[one.clone(), two.clone(), noise.clone()]);
    changed[43] = 9;
    assert_eq!(found(&changed), (six.clone(), vec![(6, DamagedChunk)]));
    let mut without_sums = file(2, 4, &[one, two, noise]);
    without_sums[124] ^= 1;
    assert_eq!(found(&without_sums), (six, vec![]));
}

#[test]
fn a_log_that_is_cut_off_says_so_and_gives_what_it_has() {
    let whole = file(3, 0, &sound());
    let record = 4096 + CHUNK + 512;
    let second = record + u32::from_le_bytes(whole[record + 4..record + 8].try_into().unwrap()) as usize;
    for (length, count) in [
        (0x10, 0),
        (4095, 0),
        (4096, 0),
        (4097, 0),
        (4096 + CHUNK, 3),
        (record + 10, 3),
        (second - 1, 3),
        (second, 4),
        (4096 + 2 * CHUNK - 1, 6),
        (whole.len() - 1, 9),
    ] {
        let (numbers, bad) = found(&whole[..length]);
        assert_eq!(numbers, (0..count).collect::<Vec<_>>(), "{length}");
        assert_eq!(bad.last().map(|(_, reason)| *reason), Some(CutLog), "{length}");
    }
}

#[test]
fn behind_damage_the_next_record_is_found() {
    let mut chunk = sound().remove(0);
    let second = 512 + u32::from_le_bytes(chunk[516..520].try_into().unwrap()) as usize;
    let third = second + u32::from_le_bytes(chunk[second + 4..second + 8].try_into().unwrap()) as usize;
    let log = |chunk: &[u8]| found(&file(1, 0, &[chunk.to_vec()]));
    for (place, byte) in [(second, 0x55), (second + 4, 0xff), (second + 6, 0x01)] {
        let mut damaged = chunk.clone();
        damaged[place] ^= byte;
        assert_eq!(log(&damaged), (vec![0, 2], vec![(1, DamagedRecord)]), "{place}");
    }
    // A record whose tokens are none.
    let mut tokens = chunk.clone();
    tokens[second + 28] = 0x3e;
    assert_eq!(log(&tokens), (vec![0, 2], vec![(1, DamagedRecord)]));
    // A record that ends too soon.
    let mut short = chunk.clone();
    let length = (third - second - 24) as u32;
    short[second + 4..second + 8].copy_from_slice(&length.to_le_bytes());
    assert_eq!(log(&short), (vec![0, 2], vec![(1, DamagedRecord)]));
    let mut last = chunk.clone();
    last[third] = 0;
    assert_eq!(log(&last), (vec![0, 1], vec![(2, DamagedChunk)]));
    // The page of the header is lost.
    let mut page = chunk.clone();
    page[..64].fill(0);
    assert_eq!(log(&page), (vec![0, 1, 2], vec![(3, DamagedChunk)]));
    // A value is another one, and nothing else shows it.
    let text = chunk.windows(2).rposition(|bytes| bytes == [b'2', 0]).unwrap();
    chunk[text] = b'7';
    assert_eq!(log(&chunk), (vec![0, 1, 7], vec![(3, ChangedChunk)]));
    chunk[120] |= 4;
    assert_eq!(log(&chunk), (vec![0, 1, 7], vec![]));
    sum(&mut chunk);
    chunk[120] = 1;
    assert_eq!(log(&chunk).1, []);
}

#[test]
fn an_open_log_has_records_of_which_its_chunk_does_not_know() {
    let mut writer = ChunkWriter::new(WHOLE, 1);
    for event in events(0..2) {
        writer.record(&event);
    }
    let known = writer.len() as u32;
    for event in events(2..4) {
        writer.record(&event);
    }
    let mut chunk = writer.chunk();
    chunk[48..52].copy_from_slice(&known.to_le_bytes());
    sum(&mut chunk);
    assert_eq!(found(&file(1, 1, &[chunk.clone()])), (vec![0, 1, 2, 3], vec![]));
    assert_eq!(found(&file(1, 0, &[chunk])), (vec![0, 1], vec![]));
}

/// Any byte may be another one: nothing ends the program, and what is missing is told.
#[test]
fn any_byte_may_be_another_one() {
    let whole = file(3, 0, &sound());
    let used = u32::from_le_bytes(whole[4096 + 48..4096 + 52].try_into().unwrap()) as usize;
    for place in (0..128).chain((4096..4096 + used).step_by(5)) {
        for bits in [0x01, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[place] ^= bits;
            let read = std::panic::catch_unwind(|| lines(&damaged, 1 << 16)).unwrap_or_else(|_| panic!("{place} {bits:#x}"));
            assert!(place < 8 || read.lines.len() == 9 || !read.bad.is_empty(), "{place}: {}", read.lines.len());
        }
    }
}
