//! How a file of LOAD and SAVE is packed, which its name says.

use crate::source::regular_file;
use std::io::Read;
use std::path::Path;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// The format (`csv`, `json`, …) and the packing according to the file's name.
pub(super) fn shape(path: &Path) -> (String, Packing) {
    let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let (name, packing) = match (name.strip_suffix(".gz"), name.strip_suffix(".zst")) {
        (Some(inner), _) => (inner.to_owned(), Packing::Gzip),
        (_, Some(inner)) => (inner.to_owned(), Packing::Zstd),
        _ => (name, Packing::Plain),
    };
    (name.rsplit('.').next().unwrap_or_default().to_owned(), packing)
}

/// How a Parquet file is packed. Its pages are, whatever its name ends with; some programs pack the file once more.
pub(super) fn of_parquet(path: &Path) -> std::io::Result<Packing> {
    let mut beginning = Vec::new();
    regular_file::open(path)?.take(4).read_to_end(&mut beginning)?;
    Ok(match beginning.as_slice() {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Packing::Zstd,
        _ => Packing::Plain,
    })
}

/// Opens a file, and unpacks it as it is read.
pub(super) fn open(path: &Path, packing: Packing) -> std::io::Result<Box<dyn Read>> {
    let file = regular_file::open(path)?;
    Ok(match packing {
        Packing::Plain => Box::new(file),
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Packing::Zstd => Box::new(zstd::Decoder::new(file)?),
    })
}
