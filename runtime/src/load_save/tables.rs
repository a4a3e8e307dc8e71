//! Tables of LOAD and SAVE as Parquet.

use super::packing::{Packing, of_parquet, open};
use super::rows::{Cells, RowFault, WHAT, twice};
use crate::allowance::Allowance;
use crate::metered_file::Meter;
use crate::parquet::{self, Packed, ParquetFault, ParquetTable};
use bytes::Bytes;
use huntc_compiler::value::Value;
use std::io::{Read, Write};
use std::path::Path;

/// Bytes of a file that are read at once.
const CHUNK: usize = 64 << 10;

/// The suffix of such files.
pub(super) const FORMAT: &str = "parquet";

/// Opens a file as it is, or unpacks it where it is packed as a whole.
pub(super) fn open_whole(path: &Path) -> std::io::Result<Box<dyn Read>> {
    open(path, of_parquet(path)?)
}

impl From<ParquetFault> for RowFault {
    fn from(fault: ParquetFault) -> Self {
        match fault {
            ParquetFault::Spent(spent) => Self::Spent(spent),
            ParquetFault::Damaged(why) => Self::Form(why),
        }
    }
}

/// All bytes of a file, because its end says where the beginning is.
fn whole(mut file: impl Read, meter: &Meter<'_>) -> Result<Bytes, RowFault> {
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; CHUNK]);
    loop {
        let read = file.read(&mut chunk).map_err(|e| RowFault::Broken(e.to_string()))?;
        if read == 0 {
            return Ok(bytes.into());
        }
        meter.grow(2 * read)?;
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
}

/// All rows of a file.
pub(super) fn read(file: impl Read, allowance: &Allowance) -> Result<Cells<'_>, RowFault> {
    // The file itself is given back when its rows are read.
    let of_file = Meter::new(allowance, WHAT);
    let bytes = whole(file, &of_file)?;
    let meter = Meter::new(allowance, WHAT);
    let ParquetTable { header, rows, mended } = parquet::read(&bytes, &meter)?;
    match twice(&header) {
        Some(name) => Err(RowFault::Form(name)),
        None => Ok(Cells { header, rows, mended, memory: meter.memory() }),
    }
}

/// The names of the columns, and the type of the first row.
pub(super) type TableBeginning = (Vec<String>, Option<Value>);

/// The beginning, before the hunt; nothing where the file has more bytes than `most`.
pub(super) fn facts(file: impl Read, most: u64) -> Result<Option<TableBeginning>, String> {
    match beginning(file, most) {
        Ok((names, first)) => match twice(&names) {
            Some(twice) => Err(format!("it is no Parquet table: {twice}")),
            None => Ok(Some((names, first))),
        },
        Err(RowFault::Spent(_)) => Ok(None),
        Err(RowFault::Broken(why) | RowFault::Form(why)) => Err(format!("it cannot be read as Parquet: {why}")),
    }
}

fn beginning(file: impl Read, most: u64) -> Result<(Vec<String>, Option<Value>), RowFault> {
    // Bytes of the file are counted twice.
    let allowance = Allowance::new(std::sync::Arc::default(), None, Some(4 * most));
    let meter = Meter::new(&allowance, WHAT);
    let bytes = whole(file.take(most + 1), &meter)?;
    if bytes.len() as u64 > most {
        return Err(RowFault::Spent(crate::allowance::Spent::Memory(most, WHAT)));
    }
    Ok(parquet::beginning(&bytes, "type", &meter)?)
}

/// Whether SAVE wrote a file: each of its tables begins with the type.
pub(super) fn is_own(path: &Path, most: u64) -> bool {
    let names = open_whole(path).ok().and_then(|file| beginning(file, most).ok());
    names.is_some_and(|(names, _)| names.first().is_some_and(|name| name == "type"))
}

/// Writes rows, each of which has one value for each name. The pages are packed, the file is not, as pandas and Kestrel write it.
pub(super) fn write(names: &[&str], rows: &[Vec<Option<Value>>], packing: Packing, out: impl Write + Send) -> std::io::Result<()> {
    let packed = match packing {
        Packing::Plain => Packed::Snappy,
        Packing::Gzip => Packed::Gzip,
        Packing::Zstd => Packed::Zstd,
    };
    parquet::write(out, names, rows, packed)
}
