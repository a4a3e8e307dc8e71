//! Text in UTF-16 with a byte order mark, as PowerShell and Windows write it, as UTF-8.

use std::io::{Cursor, Read, Result};

/// The bytes of a text as UTF-8. What has no mark of UTF-16 is as it is.
pub fn utf8<'a>(mut reader: Box<dyn Read + 'a>) -> Result<Box<dyn Read + 'a>> {
    let mut mark = Vec::new();
    reader.by_ref().take(2).read_to_end(&mut mark)?;
    Ok(match mark.as_slice() {
        b"\xff\xfe" => Box::new(Transcoded::new(reader, u16::from_le_bytes)),
        b"\xfe\xff" => Box::new(Transcoded::new(reader, u16::from_be_bytes)),
        _ => Box::new(Cursor::new(mark).chain(reader)),
    })
}

/// Bytes that are read at once; an even number.
const CHUNK: usize = 64 << 10;

struct Transcoded<R> {
    reader: R,
    unit: fn([u8; 2]) -> u16,
    /// Bytes that were read, and those that were made of them, from `at` on.
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Transcoded<R> {
    fn new(reader: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self { reader, unit, raw: Vec::new(), text: Vec::new(), at: 0, ended: false }
    }

    fn fill(&mut self) -> Result<()> {
        let more = (&mut self.reader).take((CHUNK - self.raw.len()) as u64).read_to_end(&mut self.raw)?;
        self.ended = more == 0;
        let mut units: Vec<u16> = self.raw.chunks_exact(2).filter_map(|two| Some((self.unit)(two.try_into().ok()?))).collect();
        let odd = self.raw.split_off(self.raw.len() / 2 * 2);
        // The second half of a character may come with the next bytes.
        let half = units.last().copied().filter(|unit| !self.ended && (0xd800..0xdc00).contains(unit));
        let rest = if half.is_some() { self.raw.split_off(self.raw.len() - 2) } else { Vec::new() };
        units.truncate(units.len() - rest.len() / 2);
        self.text.clear();
        self.at = 0;
        for unit in char::decode_utf16(units) {
            match unit {
                Ok(c) => self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                // A half alone is no character, and told as text that is none.
                Err(_) => self.text.push(0xff),
            }
        }
        self.raw = [rest, odd].concat();
        if self.ended && !std::mem::take(&mut self.raw).is_empty() {
            self.text.push(0xff);
        }
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.at == self.text.len() && !self.ended {
            self.fill()?;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slowly<'a>(&'a [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    fn read(bytes: &[u8]) -> Vec<u8> {
        let mut all = [Vec::new(), Vec::new()];
        utf8(Box::new(bytes)).unwrap().read_to_end(&mut all[0]).unwrap();
        utf8(Box::new(Slowly(bytes))).unwrap().read_to_end(&mut all[1]).unwrap();
        assert_eq!(all[0], all[1]);
        all[0].clone()
    }

    #[test]
    fn text_with_a_mark_is_read() {
        let text = "{\"a\":\"ü 🦀\"}\n".repeat(20_000);
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert!(read(&[b"\xff\xfe".to_vec(), little.clone()].concat()) == text.as_bytes());
        assert!(read(&[b"\xfe\xff".to_vec(), big].concat()) == text.as_bytes());
        assert!(read(&little) == little, "without a mark it is what it is");
        for (bytes, wanted) in [
            (&b"\xff\xfe"[..], &b""[..]),
            (b"\xff\xfea", b"\xff"),
            (b"\xff\xfea\0\x3d\xd8", b"a\xff"),
            (b"\xff\xfe\x3d\xd8b\0", b"\xffb"),
            (b"x", b"x"),
            (b"", b""),
        ] {
            assert_eq!(read(bytes), wanted);
        }
    }
}
