//! Parquet files: tables of LOAD and SAVE, and what Kestrel's analytics read and write. Files are hostile: their lengths and
//! counts are looked at before the library sees them, and what it gives up over is a damaged file.

mod column;
mod compact;
mod content;
mod delta;
mod footer;
mod pages;
mod read;
mod varint;
mod write;

pub(crate) use content::{ParquetFault, ParquetTable};
pub(crate) use read::{beginning, read};
pub(crate) use write::{Packed, write};

#[cfg(test)]
mod tests;
