//! The footer of a Parquet file: what it claims is looked at before the library takes memory for it.

use super::compact::{self, Met};
use super::content::ParquetFault;
use crate::damage;
use crate::metered_file::Meter;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::ops::ControlFlow;

/// A file begins and ends with it.
const MAGIC: &[u8] = b"PAR1";
/// The end of a file whose footer nobody reads without a key.
const ENCRYPTED: &[u8] = b"PARE";
/// The most bytes of a footer.
const MOST: usize = 16 << 20;
/// What a byte of a footer takes once it is read, roughly: an empty structure is one byte.
const TIMES: usize = 256;
/// The deepest nesting of columns.
const MOST_NESTED: usize = 64;
/// Where `FileMetaData` has its schema, a list whose elements have `num_children` as field 5.
const SCHEMA: i16 = 2;
const CHILDREN: i16 = 5;

/// Reads the footer of a whole file.
pub(super) fn read(bytes: &[u8], meter: &Meter<'_>) -> Result<ParquetMetaData, ParquetFault> {
    let damaged = |what: &str| ParquetFault::Damaged(what.to_owned());
    let split = bytes.len().checked_sub(MAGIC.len() + size_of::<u32>()).ok_or_else(|| damaged("it is shorter than a footer"))?;
    let (front, tail) = bytes.split_at(split);
    let (length, magic) = tail.split_at(size_of::<u32>());
    if magic == ENCRYPTED {
        return Err(damaged("it is encrypted"));
    }
    if magic != MAGIC || !front.starts_with(MAGIC) {
        return Err(damaged("it breaks off: a Parquet file begins and ends with PAR1"));
    }
    let length = length.try_into().map_or(usize::MAX, |length| u32::from_le_bytes(length) as usize);
    let footer = front
        .len()
        .checked_sub(length)
        .and_then(|at| front.get(at..))
        .ok_or_else(|| damaged("its footer is longer than the file"))?;
    if footer.len() > MOST {
        return Err(ParquetFault::Damaged(format!("its footer has more than {} MiB", MOST >> 20)));
    }
    if !can_be(footer) {
        return Err(damaged("its footer is damaged"));
    }
    meter.grow(TIMES * footer.len())?;
    damage::guarded(|| ParquetMetaDataReader::decode_metadata(footer))
        .and_then(|read| read.map_err(|e| e.to_string()))
        .map_err(|why| ParquetFault::Damaged(format!("its footer is damaged: {why}")))
}

/// Whether the lengths of a footer lie within it, and its columns are not nested deep: the library goes down by recursion.
fn can_be(footer: &[u8]) -> bool {
    let mut open: Vec<i64> = Vec::new();
    let mut children = 0;
    compact::structure(footer, &mut |path, met| {
        match (path, met) {
            ([SCHEMA, CHILDREN], Met::Number(number)) => children = number,
            ([SCHEMA], Met::End) => {
                if let Some(left) = open.last_mut() {
                    *left -= 1;
                }
                if children > 0 {
                    open.push(children);
                }
                children = 0;
                while open.last().is_some_and(|left| *left <= 0) {
                    open.pop();
                }
            }
            _ => {}
        }
        if open.len() > MOST_NESTED { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .is_some()
}
