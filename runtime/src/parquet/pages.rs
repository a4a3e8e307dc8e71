//! The pages of a column, one after the other. The library would unpack whatever a page unpacks to and believe its counts; here
//! both are held against what the page says and what the hunt may use.

use super::compact::{self, Met};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes of one page; writers make pages of about 1 MiB.
const MOST_PAGE: usize = 256 << 20;
/// What a level or a value takes in memory while its page is read, roughly.
const LEVEL: usize = 64;

/// The pages of one column of one row group.
pub(super) struct Pages {
    /// The bytes of the column, from its first page on.
    pub(super) bytes: Bytes,
    pub(super) compression: Compression,
    /// Values that are still to come.
    pub(super) left: i64,
    /// What its dictionary takes.
    pub(super) dictionary: usize,
    /// The most bytes that dictionary and page may take together.
    pub(super) most: usize,
    /// What they would take, once that is more. The library's errors are only text, so it is told beside them.
    pub(super) too_much: Arc<AtomicUsize>,
}

/// The header of a page.
#[derive(Default)]
struct Header {
    kind: Option<i64>,
    unpacked: Option<i64>,
    packed: Option<i64>,
    values: Option<i64>,
    encoding: Option<i64>,
    /// Encodings of the levels, in pages of the first form.
    levels: (i64, i64),
    nulls: i64,
    rows: i64,
    /// Bytes of the levels, which in pages of the second form are not packed.
    definition: i64,
    repetition: i64,
    is_packed: Option<i64>,
}

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_2: i64 = 3;

impl Header {
    fn set(&mut self, path: &[i16], number: i64) {
        match path {
            [1] => self.kind = Some(number),
            [2] => self.unpacked = Some(number),
            [3] => self.packed = Some(number),
            [5 | 7 | 8, 1] => self.values = Some(number),
            [5 | 7, 2] | [8, 4] => self.encoding = Some(number),
            [5, 3] => self.levels.0 = number,
            [5, 4] => self.levels.1 = number,
            [8, 2] => self.nulls = number,
            [8, 3] => self.rows = number,
            [8, 5] => self.definition = number,
            [8, 6] => self.repetition = number,
            [8, 7] => self.is_packed = Some(number),
            _ => {}
        }
    }
}

fn damaged(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

/// The encodings that are read. Those of deltas of texts are not: the library takes memory for as many as the bytes claim.
fn encoding(number: i64) -> Result<Encoding> {
    Ok(match number {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        #[allow(deprecated, reason = "old files have levels in it")]
        4 => Encoding::BIT_PACKED,
        5 => Encoding::DELTA_BINARY_PACKED,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        6 => return Err(damaged("the encoding DELTA_LENGTH_BYTE_ARRAY is not read")),
        7 => return Err(damaged("the encoding DELTA_BYTE_ARRAY is not read")),
        _ => return Err(damaged("a page has an encoding that is not known")),
    })
}

impl Pages {
    /// The next page, with its header; pages that hold no values are passed over.
    fn page(&mut self) -> Result<Option<Page>> {
        while self.left > 0 && !self.bytes.is_empty() {
            let mut header = Header::default();
            let length = compact::structure(&self.bytes, &mut |path, met| {
                if let Met::Number(number) = met {
                    header.set(path, number);
                }
                ControlFlow::Continue(())
            });
            let packed = header.packed.and_then(|n| usize::try_from(n).ok());
            let (Some(length), Some(packed)) = (length, packed) else { return Err(damaged("a page has no header")) };
            let rest = self.bytes.len() - length;
            if packed > rest {
                return Err(damaged("a page ends behind its column"));
            }
            let body = self.bytes.slice(length..length + packed);
            self.bytes = self.bytes.slice(length + packed..);
            if let Some(page) = self.read(&header, &body)? {
                return Ok(Some(page));
            }
        }
        if self.left > 0 { Err(damaged("a column has fewer values than it says")) } else { Ok(None) }
    }

    fn read(&mut self, header: &Header, body: &Bytes) -> Result<Option<Page>> {
        let count =
            |number: Option<i64>| number.and_then(|n| u32::try_from(n).ok()).ok_or_else(|| damaged("a page has no such header"));
        let kind = header.kind;
        if !matches!(kind, Some(DATA | DICTIONARY | DATA_2)) {
            return Ok(None);
        }
        let (unpacked, num_values) = (count(header.unpacked)? as usize, count(header.values)?);
        self.wants(unpacked, num_values)?;
        let encoding = encoding(header.encoding.unwrap_or(-1))?;
        let levels = if kind == Some(DATA_2) { (count(Some(header.repetition))?, count(Some(header.definition))?) } else { (0, 0) };
        let is_packed = kind != Some(DATA_2) || header.is_packed.unwrap_or(1) != 0;
        let plain = levels.0 as usize + levels.1 as usize;
        let buf = if is_packed { self.unpack(body, unpacked, plain)? } else { body.clone() };
        if plain > buf.len() {
            return Err(damaged("the levels of a page end behind it"));
        }
        if kind == Some(DICTIONARY) {
            if num_values as usize > buf.len() {
                return Err(damaged("a dictionary has more values than bytes"));
            }
            self.dictionary = 0;
            self.dictionary = self.wants(buf.len(), num_values)?;
            return Ok(Some(Page::DictionaryPage { buf, num_values, encoding: Encoding::PLAIN, is_sorted: false }));
        }
        self.wants(buf.len(), num_values)?;
        self.left = self.left.saturating_sub(i64::from(num_values));
        if encoding == Encoding::DELTA_BINARY_PACKED {
            deltas(buf.get(plain..).unwrap_or_default(), num_values, kind == Some(DATA_2))?;
        }
        Ok(Some(if kind == Some(DATA) {
            let level = |number| self::encoding(number);
            let (def_level_encoding, rep_level_encoding) = (level(header.levels.0)?, level(header.levels.1)?);
            Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics: None }
        } else {
            Page::DataPageV2 {
                buf,
                num_values,
                encoding,
                num_nulls: count(Some(header.nulls))?,
                num_rows: count(Some(header.rows))?,
                def_levels_byte_len: levels.1,
                rep_levels_byte_len: levels.0,
                is_compressed: false,
                statistics: None,
            }
        }))
    }

    /// What a page takes, if there is so much.
    fn wants(&self, bytes: usize, values: u32) -> Result<usize> {
        let page = bytes.saturating_add(LEVEL.saturating_mul(values as usize));
        let all = page.saturating_add(self.dictionary);
        if all > self.most {
            self.too_much.store(all, Ordering::Relaxed);
            return Err(damaged("a page takes more memory than there is"));
        }
        Ok(page)
    }

    /// Unpacks a page behind its first bytes, which are plain. It must be as long as it says.
    fn unpack(&self, body: &Bytes, unpacked: usize, plain: usize) -> Result<Bytes> {
        if self.compression == Compression::UNCOMPRESSED {
            return Ok(body.clone());
        }
        if unpacked > MOST_PAGE {
            return Err(ParquetError::General(format!("a page has more than {} MiB", MOST_PAGE >> 20)));
        }
        let (Some(head), Some(packed)) = (body.get(..plain), body.get(plain..)) else {
            return Err(damaged("the levels of a page end behind it"));
        };
        let wanted = unpacked.checked_sub(plain).ok_or_else(|| damaged("a page is shorter than its levels"))?;
        let mut page = head.to_vec();
        match self.compression {
            _ if wanted == 0 => {}
            Compression::SNAPPY => {
                let length = snap::raw::decompress_len(packed).map_err(|e| damaged(&e.to_string()))?;
                if length != wanted {
                    return Err(damaged("a page unpacks to another length than it says"));
                }
                page.extend(snap::raw::Decoder::new().decompress_vec(packed).map_err(|e| damaged(&e.to_string()))?);
            }
            Compression::GZIP(_) => take(flate2::read::MultiGzDecoder::new(packed), wanted, &mut page)?,
            Compression::ZSTD(_) => take(zstd::Decoder::with_buffer(packed)?, wanted, &mut page)?,
            other => return Err(ParquetError::General(format!("the packing {other} is not read"))),
        }
        if page.len() != unpacked {
            return Err(damaged("a page unpacks to another length than it says"));
        }
        Ok(page.into())
    }
}

fn take(unpacking: impl Read, wanted: usize, page: &mut Vec<u8>) -> Result<()> {
    unpacking.take(wanted as u64 + 1).read_to_end(page)?;
    Ok(())
}

/// Looks at the head of numbers that are kept as deltas: it must not claim more of them than the page has. Levels of the first
/// form lie before them, and are passed over by the library alone; there is no way to look behind them, so none is accepted.
fn deltas(values: &[u8], most: u32, second_form: bool) -> Result<()> {
    let mut rest = values;
    let mut number = || {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (first, behind) = rest.split_first()?;
            rest = behind;
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    };
    if !second_form {
        return Err(damaged("the encoding DELTA_BINARY_PACKED is read in pages of the second form alone"));
    }
    let head = (number(), number(), number());
    match head {
        (Some(block), Some(minis), Some(count)) if block <= 1 << 20 && (1..=block).contains(&minis) && count <= u64::from(most) => {
            Ok(())
        }
        _ => Err(damaged("numbers have a head that cannot be")),
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.page()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Err(damaged("pages are read one after the other"))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        Err(damaged("pages are read one after the other"))
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        // A record may go on in the next page.
        Ok(self.left <= 0)
    }
}
