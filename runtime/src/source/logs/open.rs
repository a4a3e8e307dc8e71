//! Opens files and standard input, and removes gzip, zstd, bzip2 and xz, which are recognised by their first bytes.

use super::inputs::{Input, unreadable};
use crate::source::SourceError;
use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use huntc_compiler::diag::codes::store::UNREADABLE_LOG;
use lzma_rust2::XzReader;
use std::fmt;
use std::io::{BufReader, Cursor, Read};

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
/// Behind the size of its blocks the first block begins, or the end of a file without data.
const BZIP2: &[u8] = b"BZh";
const BZIP2_BLOCKS: [&[u8]; 2] = [b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"];
const XZ: &[u8] = b"\xfd7zXZ\0";
/// The most memory for one xz file, in KiB: four times what `xz -9` needs. A header may ask for any.
const XZ_MEMORY: u32 = 256 << 10;
/// The most bytes by which a compression is known.
const MAGIC: u64 = 10;
/// The most layers of compression that are removed. A file that decompresses to itself ends here.
const MAX_LAYERS: usize = 3;
/// How many bytes are read from the file at once.
const BUFFER: usize = 256 << 10;

/// Opens an input, without decompression.
pub(super) fn open(input: &Input) -> Result<Box<dyn Read>, SourceError> {
    match &input.path {
        None => Ok(Box::new(std::io::stdin())),
        Some(path) => Ok(Box::new(std::fs::File::open(path).map_err(|e| unreadable(path, &e))?)),
    }
}

/// Whether this is the beginning of a zstd frame without data; parallel compressors write one in front.
fn skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// A layer around a stream.
type Layer<'l, 'a> = &'l dyn Fn(Box<dyn Read + 'a>) -> Box<dyn Read + 'a>;

/// The decompressed bytes of a stream.
pub(super) fn decompress<'a>(reader: Box<dyn Read + 'a>, name: &str) -> Result<Box<dyn Read + 'a>, SourceError> {
    decompress_each(reader, name, &|layer| layer)
}

/// As [`decompress`], with `wrap` around what comes out of each compression.
pub(super) fn decompress_each<'a>(
    mut reader: Box<dyn Read + 'a>,
    name: &str,
    wrap: Layer<'_, 'a>,
) -> Result<Box<dyn Read + 'a>, SourceError> {
    for _ in 0..=MAX_LAYERS {
        let mut head = Vec::new();
        reader.by_ref().take(MAGIC).read_to_end(&mut head).map_err(|e| broken(name, &e))?;
        let packed = head.clone();
        let whole = Cursor::new(head).chain(reader);
        let unpacked: Box<dyn Read + 'a> = match packed.as_slice() {
            head if head.starts_with(GZIP) => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole))),
            head if head.starts_with(ZSTD) || skippable(head) => {
                Box::new(zstd::stream::read::Decoder::new(whole).map_err(|e| broken(name, &e))?)
            }
            head if is_bzip2(head) => Box::new(MultiBzDecoder::new(BufReader::with_capacity(BUFFER, whole))),
            head if head.starts_with(XZ) => {
                Box::new(XzReader::new_mem_limit(BufReader::with_capacity(BUFFER, whole), true, XZ_MEMORY))
            }
            _ => return Ok(Box::new(whole)),
        };
        reader = wrap(unpacked);
    }
    Err(SourceError::new(&UNREADABLE_LOG, format!("{name} is compressed more than {MAX_LAYERS} times"))
        .help("decompress the file, then name the result"))
}

fn is_bzip2(head: &[u8]) -> bool {
    head.starts_with(BZIP2) && head.get(4..10).is_some_and(|block| BZIP2_BLOCKS.contains(&block))
}

/// The error of a stream that breaks off while it is read. None of its records are used: a part would pass for the whole.
pub(super) fn broken(name: &str, error: &std::io::Error) -> SourceError {
    if let Some(refused) = CarriedError::of(error) {
        return SourceError { message: format!("{name}: {}", refused.message), ..refused.clone() };
    }
    SourceError::new(&UNREADABLE_LOG, format!("cannot read {name} to its end"))
        .note(error.to_string())
        .help("check that the file was copied whole, for example with `gzip -t FILE` or `zstd -t FILE`")
}

/// An error of ours on its way through readers that know those of input and output only.
#[derive(Debug)]
pub(super) struct CarriedError(SourceError);

impl CarriedError {
    pub(super) fn as_io(error: impl Into<SourceError>) -> std::io::Error {
        std::io::Error::other(Self(error.into()))
    }

    /// The error of ours behind one of input and output.
    pub(super) fn of(error: &std::io::Error) -> Option<&SourceError> {
        Some(&error.get_ref()?.downcast_ref::<Self>()?.0)
    }
}

impl fmt::Display for CarriedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for CarriedError {}
