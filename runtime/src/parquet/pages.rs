//! The pages of a column, one after the other. The library would unpack whatever a page unpacks to and believe its counts; here
//! both are held against what the page says and what the hunt may use.

use super::compact::{self, Met};
use super::delta::{self, Texts};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, Type as PhysicalType};
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
    /// The most that its levels say: how deep records are repeated, and how deep they are defined.
    pub(super) levels: [i16; 2],
    /// What its values are, and how long each is if they are texts of one length.
    pub(super) physical: PhysicalType,
    pub(super) length: usize,
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

/// The encodings that are read.
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
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
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
        let [def_level_encoding, rep_level_encoding] = match kind {
            Some(DATA) => [self::encoding(header.levels.0)?, self::encoding(header.levels.1)?],
            _ => [Encoding::RLE; 2],
        };
        let start = match kind {
            Some(DATA) => self.behind_levels(&buf, num_values, [rep_level_encoding, def_level_encoding])?,
            _ => plain,
        };
        let (buf, encoding) = self.without_deltas(buf, start, encoding, num_values)?;
        Ok(Some(if kind == Some(DATA) {
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

    /// Where the values of a page of the first form begin.
    fn behind_levels(&self, buf: &Bytes, values: u32, encodings: [Encoding; 2]) -> Result<usize> {
        let mut start = 0_usize;
        for (most, encoding) in self.levels.into_iter().zip(encodings).filter(|(most, _)| *most > 0) {
            let length = match encoding {
                Encoding::RLE => {
                    let said = start.checked_add(4).and_then(|end| <[u8; 4]>::try_from(buf.get(start..end)?).ok());
                    said.and_then(|length| usize::try_from(u32::from_le_bytes(length)).ok()?.checked_add(4))
                }
                _ => (values as usize).checked_mul((i16::BITS - most.leading_zeros()) as usize).map(|bits| bits.div_ceil(8)),
            };
            start = length
                .and_then(|length| start.checked_add(length))
                .filter(|end| *end <= buf.len())
                .ok_or_else(|| damaged("the levels of a page end behind it"))?;
        }
        Ok(start)
    }

    /// A page whose values may be kept as differences, as the library may read it. Its values begin at `start`.
    fn without_deltas(&self, buf: Bytes, start: usize, encoding: Encoding, values: u32) -> Result<(Bytes, Encoding)> {
        let (levels, packed) = buf.split_at_checked(start).ok_or_else(|| damaged("the levels of a page end behind it"))?;
        let texts = match encoding {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => Texts::Lengths,
            Encoding::DELTA_BYTE_ARRAY => Texts::Prefixes,
            Encoding::DELTA_BINARY_PACKED => {
                delta::numbers(packed, values as usize)?;
                return Ok((buf, encoding));
            }
            _ => return Ok((buf, encoding)),
        };
        let fixed = match self.physical {
            PhysicalType::BYTE_ARRAY => None,
            PhysicalType::FIXED_LEN_BYTE_ARRAY => Some(self.length),
            _ => return Err(damaged("a page has texts in a column of numbers")),
        };
        let fits = |bytes: usize| match bytes {
            too_long if too_long > MOST_PAGE => Err(ParquetError::General(format!("a page has more than {} MiB", MOST_PAGE >> 20))),
            bytes => self.wants(buf.len().saturating_add(bytes), values).map(|_| ()),
        };
        let mut plain = levels.to_vec();
        delta::plain(packed, texts, fixed, values as usize, &fits, &mut plain)?;
        Ok((plain.into(), Encoding::PLAIN))
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
            Compression::LZ4_RAW => lz4(packed, wanted, &mut page)?,
            Compression::LZ4 => framed_lz4(packed, wanted, &mut page)?,
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

fn lz4(packed: &[u8], wanted: usize, page: &mut Vec<u8>) -> Result<()> {
    let start = page.len();
    page.resize(start.saturating_add(wanted), 0);
    let room = page.get_mut(start..).unwrap_or_default();
    let length = lz4_flex::block::decompress_into(packed, room).map_err(|e| damaged(&e.to_string()))?;
    page.truncate(start + length);
    Ok(())
}

/// LZ4 as Hadoop wrote it: blocks, each behind its lengths unpacked and packed. Others wrote one block alone under this name.
fn framed_lz4(packed: &[u8], wanted: usize, page: &mut Vec<u8>) -> Result<()> {
    let start = page.len();
    let end = start.saturating_add(wanted);
    let mut rest = packed;
    let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).map_or(0, |bytes| u32::from_be_bytes(bytes) as usize);
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let (unpacked, length) = head.split_at(4);
        let (unpacked, length) = (number(unpacked), number(length));
        let Some((block, next)) = behind.split_at_checked(length).filter(|_| unpacked <= end - page.len()) else { break };
        if lz4(block, unpacked, page).is_err() {
            break;
        }
        rest = next;
    }
    if rest.is_empty() && page.len() == end {
        return Ok(());
    }
    page.truncate(start);
    lz4(packed, wanted, page)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lz4_is_read_as_hadoop_wrote_it_and_bare() {
        let (one, two) = (b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".as_slice(), b"some other text, some other text".as_slice());
        let block = |text: &[u8]| {
            let packed = lz4_flex::block::compress(text);
            [&(text.len() as u32).to_be_bytes()[..], &(packed.len() as u32).to_be_bytes(), &packed].concat()
        };
        let whole = [one, two].concat();
        let read = |packed: &[u8], wanted: usize| {
            let mut page = b"levels".to_vec();
            framed_lz4(packed, wanted, &mut page).map(|()| page.split_off(6))
        };
        let framed = [block(one), block(two)].concat();
        assert_eq!(read(&framed, whole.len()).unwrap(), whole);
        assert_eq!(read(&lz4_flex::block::compress(&whole), whole.len()).unwrap(), whole);
        for cut in 0..framed.len() {
            let read = read(&framed[..cut], whole.len());
            assert!(read.is_err() || read.is_ok_and(|page| page != whole), "{cut}");
        }
    }
}
