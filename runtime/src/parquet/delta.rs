//! Values that are kept as differences. The library believes how many there are and how long texts become, so numbers are looked at
//! before it reads them, and texts are given to it in plain form.

use super::varint;
use parquet::errors::{ParquetError, Result};

/// The most values of a block; writers make blocks of 128.
const MOST_BLOCK: u64 = 1 << 20;

fn damaged(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

/// The head of a run of numbers: how many there are, and how they lie.
struct Head {
    count: usize,
    minis: usize,
    per_mini: usize,
    first: i64,
}

/// Reads the parts of a run from its bytes.
struct Run<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Run<'_> {
    fn number(&mut self) -> Option<u64> {
        varint::unsigned(self.bytes, &mut self.at)
    }

    fn signed(&mut self) -> Option<i64> {
        varint::signed(self.bytes, &mut self.at)
    }

    /// A head that can be, of `most` numbers at most.
    fn head(&mut self, most: usize) -> Option<Head> {
        let (block, minis, count) = (self.number()?, self.number()?, self.number()?);
        let first = self.signed()?;
        let count = usize::try_from(count).ok().filter(|count| *count <= most)?;
        let even = block <= MOST_BLOCK && (1..=block).contains(&minis) && block % 128 == 0 && block % minis == 0;
        let per_mini = usize::try_from(block.checked_div(minis)?).ok()?;
        (even && per_mini % 32 == 0).then_some(Head { count, minis: usize::try_from(minis).ok()?, per_mini, first })
    }

    /// All numbers of a run.
    fn all(&mut self, most: usize) -> Option<Vec<i64>> {
        let head = self.head(most)?;
        let mut numbers = Vec::with_capacity(head.count);
        let mut last = head.first;
        if head.count > 0 {
            numbers.push(last);
        }
        while numbers.len() < head.count {
            let least = self.signed()?;
            let widths = self.bytes.get(self.at..self.at.checked_add(head.minis)?)?;
            self.at += head.minis;
            for width in widths {
                // Widths behind the last number say nothing.
                let left = head.count - numbers.len();
                if left == 0 {
                    break;
                }
                if *width > 64 {
                    return None;
                }
                let length = usize::from(*width).checked_mul(head.per_mini)? / 8;
                let packed = self.bytes.get(self.at..self.at.checked_add(length)?)?;
                self.at += length;
                for at in 0..head.per_mini.min(left) {
                    last = last.wrapping_add(least).wrapping_add(bits(packed, at, *width)? as i64);
                    numbers.push(last);
                }
            }
        }
        Some(numbers)
    }
}

/// The number of so many bits at a place of a packed list.
fn bits(packed: &[u8], at: usize, width: u8) -> Option<u64> {
    let mut number = 0;
    for bit in 0..usize::from(width) {
        let place = at * usize::from(width) + bit;
        let set = packed.get(place / 8)? >> (place % 8) & 1;
        number |= u64::from(set) << bit;
    }
    Some(number)
}

/// Whether a page may have as many numbers as its head says.
pub(super) fn numbers(values: &[u8], most: usize) -> Result<()> {
    let head = Run { bytes: values, at: 0 }.head(most);
    head.map(|_| ()).ok_or_else(|| damaged("numbers have a head that cannot be"))
}

/// How texts are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Texts {
    /// Their lengths, then all of them in a row.
    Lengths,
    /// How much of each begins like the one before, then the rest as above.
    Prefixes,
}

/// Adds texts to `out` in plain form: each behind its length, or all of one length. `most` is how many there may be; `fits` says
/// whether so many bytes of `out` may be.
pub(super) fn plain(
    values: &[u8],
    texts: Texts,
    fixed: Option<usize>,
    most: usize,
    fits: &dyn Fn(usize) -> Result<()>,
    out: &mut Vec<u8>,
) -> Result<()> {
    let broken = || damaged("texts have lengths that cannot be");
    let mut run = Run { bytes: values, at: 0 };
    let prefixes = match texts {
        Texts::Lengths => None,
        Texts::Prefixes => Some(run.all(most).ok_or_else(broken)?),
    };
    let lengths = run.all(most).ok_or_else(broken)?;
    if prefixes.as_ref().is_some_and(|prefixes| prefixes.len() != lengths.len()) {
        return Err(broken());
    }
    let mut rest = values.get(run.at..).unwrap_or_default();
    let mut before = 0..0;
    for (at, length) in lengths.iter().enumerate() {
        let prefix = prefixes.as_ref().and_then(|prefixes| prefixes.get(at)).copied().unwrap_or(0);
        let sizes = usize::try_from(prefix).ok().zip(usize::try_from(*length).ok());
        let (prefix, length) = sizes.filter(|(prefix, _)| *prefix <= before.len()).ok_or_else(broken)?;
        let (own, behind) = rest.split_at_checked(length).ok_or_else(broken)?;
        rest = behind;
        let whole = prefix + length;
        fits(out.len().saturating_add(whole))?;
        match fixed {
            Some(fixed) if fixed != whole => return Err(broken()),
            Some(_) => {}
            None => out.extend(u32::try_from(whole).map_err(|_| broken())?.to_le_bytes()),
        }
        let start = out.len();
        out.extend_from_within(before.start..before.start + prefix);
        out.extend_from_slice(own);
        before = start..out.len();
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A run as writers make it: blocks of 128 numbers in four parts, each part of 64 bits.
    fn run(numbers: &[i64]) -> Vec<u8> {
        let varint = |mut number: u64, out: &mut Vec<u8>| {
            while number >= 0x80 {
                out.push((number & 0x7f) as u8 | 0x80);
                number >>= 7;
            }
            out.push(number as u8);
        };
        let zigzag = |number: i64| ((number << 1) ^ (number >> 63)) as u64;
        let mut out = Vec::new();
        for number in [128, 4, numbers.len() as u64, zigzag(numbers.first().copied().unwrap_or(0))] {
            varint(number, &mut out);
        }
        let deltas: Vec<i64> = numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
        for block in deltas.chunks(128) {
            varint(zigzag(0), &mut out);
            out.extend([64; 4]);
            for mini in block.chunks(32) {
                let padded = mini.iter().chain(std::iter::repeat(&0)).take(32);
                padded.for_each(|delta| out.extend(delta.to_le_bytes()));
            }
        }
        out
    }

    #[test]
    fn numbers_come_back() {
        let long: Vec<i64> = (0..300).map(|n| n * n - 50).collect();
        for numbers in [&[][..], &[7], &[1, -1, i64::MAX, i64::MIN], &long] {
            let bytes = run(numbers);
            let mut read = Run { bytes: &bytes, at: 0 };
            assert_eq!(read.all(300).unwrap(), numbers);
            assert_eq!(read.at, bytes.len());
            assert!(super::numbers(&bytes, 300).is_ok());
        }
        assert!(super::numbers(&run(&long), 299).is_err(), "more than the page has");
        // Three bits each: the width of a part is counted in bits.
        let packed: Vec<u64> = (0..8).map(|at| bits(&[0b1000_1000, 0b1100_0110, 0b1111_1010], at, 3).unwrap()).collect();
        assert_eq!(packed, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn texts_become_plain() {
        let lengths = [run(&[1, 0, 2]), b"abc".to_vec()].concat();
        let read = |bytes: &[u8], texts, fixed| {
            let mut out = Vec::new();
            plain(bytes, texts, fixed, 10, &|_| Ok(()), &mut out).map(|()| out)
        };
        assert_eq!(read(&lengths, Texts::Lengths, None).unwrap(), b"\x01\0\0\0a\0\0\0\0\x02\0\0\0bc");
        let prefixes = [run(&[0, 2, 1]), run(&[3, 1, 2]), b"abc".to_vec(), b"xyz".to_vec()].concat();
        assert_eq!(read(&prefixes, Texts::Prefixes, Some(3)).unwrap(), b"abcabxayz");
        assert!(read(&prefixes, Texts::Prefixes, Some(4)).is_err());
        for cut in 0..prefixes.len() {
            assert!(read(&prefixes[..cut], Texts::Prefixes, None).is_err(), "{cut}");
        }
        for bad in [
            [run(&[9]), run(&[1]), b"a".to_vec()],
            [run(&[0]), run(&[-1]), b"a".to_vec()],
            [run(&[0, 0]), run(&[1]), b"a".to_vec()],
        ] {
            assert!(read(&bad.concat(), Texts::Prefixes, None).is_err());
        }
    }

    #[test]
    fn few_bytes_do_not_become_many() {
        let mut prefixes = vec![1 << 10; 1_000];
        prefixes[0] = 0;
        let mut lengths = vec![0; 1_000];
        lengths[0] = 1 << 10;
        let bytes = [run(&prefixes), run(&lengths), vec![b'a'; 1 << 10]].concat();
        let read = |room: usize| {
            let fits = |bytes| if bytes > room { Err(damaged("too much")) } else { Ok(()) };
            let mut out = Vec::new();
            plain(&bytes, Texts::Prefixes, None, 1_000, &fits, &mut out).map(|()| out.len())
        };
        assert_eq!(read(2 << 20).unwrap(), 1_000 * ((1 << 10) + 4));
        assert!(read(1 << 19).is_err());
    }
}
