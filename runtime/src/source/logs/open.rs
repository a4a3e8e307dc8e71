//! Opens files and standard input, and removes gzip and zstd, which are recognised by their first bytes.

use super::inputs::{Input, unreadable};
use crate::source::SourceError;
use flate2::read::MultiGzDecoder;
use huntc_compiler::diag::codes::store::UNREADABLE_LOG;
use std::io::{Cursor, Read};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
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
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

/// The decompressed bytes of a stream.
pub(super) fn decompress<'a>(mut reader: Box<dyn Read + 'a>, name: &str) -> Result<Box<dyn Read + 'a>, SourceError> {
    for _ in 0..=MAX_LAYERS {
        let mut head = Vec::with_capacity(4);
        reader.by_ref().take(4).read_to_end(&mut head).map_err(|e| broken(name, &e))?;
        let zipped = head.starts_with(&GZIP);
        let zstd = head == ZSTD || skippable(&head);
        let whole = Cursor::new(head).chain(reader);
        if zipped {
            reader = Box::new(MultiGzDecoder::new(std::io::BufReader::with_capacity(BUFFER, whole)));
        } else if zstd {
            let decoder = zstd::stream::read::Decoder::new(whole).map_err(|e| broken(name, &e))?;
            reader = Box::new(decoder);
        } else {
            return Ok(Box::new(whole));
        }
    }
    Err(SourceError::new(&UNREADABLE_LOG, format!("{name} is compressed more than {MAX_LAYERS} times"))
        .help("decompress the file, then name the result"))
}

/// The error of a stream that breaks off while it is read. None of its records are used: a part would pass for the whole.
pub(super) fn broken(name: &str, error: &std::io::Error) -> SourceError {
    SourceError::new(&UNREADABLE_LOG, format!("cannot read {name} to its end"))
        .note(error.to_string())
        .help("check that the file was copied whole, for example with `gzip -t FILE` or `zstd -t FILE`")
}
