//! The body of an answer as it comes: unpacked at once, and no longer than it may be.

use super::fault::{Fault, FaultKind};
use crate::allowance::Lent;
use flate2::write::GzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use std::io::{self, Write};

/// What came of a body.
pub(super) enum AnswerBody<'a> {
    Plain(BoundedBody<'a>),
    Packed {
        unpacked: Box<GzDecoder<BoundedBody<'a>>>,
        /// Whether anything came: what has no body is not packed either.
        begun: bool,
    },
}

/// The bytes of a body.
pub(super) struct BoundedBody<'a> {
    bytes: Vec<u8>,
    /// How many there may be.
    most: usize,
    memory: Lent<'a>,
    /// Why no more are taken.
    refused: Option<Fault>,
}

impl<'a> AnswerBody<'a> {
    /// Nothing of an answer with these headers yet. `most`: how long it may be when it is unpacked.
    pub(super) fn new(headers: &HeaderMap, most: usize, memory: Lent<'a>) -> Self {
        let body = BoundedBody { bytes: Vec::new(), most, memory, refused: None };
        let packed = headers.get(CONTENT_ENCODING).is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"gzip"));
        if packed { Self::Packed { unpacked: Box::new(GzDecoder::new(body)), begun: false } } else { Self::Plain(body) }
    }

    /// Takes what comes next.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        match self {
            Self::Plain(body) => body.write_all(chunk).map_err(|error| body.fault(&error)),
            Self::Packed { unpacked, begun } => {
                *begun |= !chunk.is_empty();
                unpacked.write_all(chunk).map_err(|error| unpacked.get_mut().fault(&error))
            }
        }
    }

    /// All of it, when nothing more comes.
    pub(super) fn finish(self) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Plain(body) => Ok(body.bytes),
            Self::Packed { begun: false, .. } => Ok(Vec::new()),
            Self::Packed { mut unpacked, .. } => match unpacked.try_finish() {
                Ok(()) => Ok(std::mem::take(&mut unpacked.get_mut().bytes)),
                Err(error) => Err(unpacked.get_mut().fault(&error)),
            },
        }
    }
}

impl BoundedBody<'_> {
    /// Why it took no more, or what is wrong with the packing.
    fn fault(&mut self, error: &io::Error) -> Fault {
        self.refused.take().unwrap_or_else(|| Fault::new(FaultKind::Cut, error.to_string()))
    }

    fn refuse(&mut self, fault: Fault) -> io::Error {
        self.refused = Some(fault);
        io::Error::other("no more is taken")
    }
}

impl Write for BoundedBody<'_> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + part.len() > self.most {
            let too_long = Fault::new(FaultKind::TooLarge, format!("the answer is longer than {} bytes", self.most));
            return Err(self.refuse(too_long));
        }
        if let Err(spent) = self.memory.grow(part.len()) {
            return Err(self.refuse(Fault::spent(spent)));
        }
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::allowance::Allowance;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// What comes of a body in chunks of this length.
    fn read(coding: &'static str, sent: &[u8], chunk: usize, most: usize) -> Result<Vec<u8>, FaultKind> {
        let allowance = Allowance::default();
        let mut headers = HeaderMap::new();
        if !coding.is_empty() {
            headers.insert(CONTENT_ENCODING, coding.parse().unwrap());
        }
        let mut body = AnswerBody::new(&headers, most, allowance.lend("an answer"));
        let all = sent.chunks(chunk).try_for_each(|chunk| body.take(chunk)).and_then(|()| body.finish());
        all.map_err(|fault| fault.kind)
    }

    #[test]
    fn a_body_is_what_was_sent_however_it_comes() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| (n % 251).to_string().into_bytes()).collect();
        let sent = packed(&text);
        for chunk in [1, 7, 4_096, sent.len()] {
            assert!(read("gzip", &sent, chunk, text.len()).unwrap() == text, "{chunk}");
        }
        assert!(read("GZIP", &sent, 99, text.len()).unwrap() == text);
        assert!(read("", &text, 99, text.len()).unwrap() == text);
        assert_eq!(read("gzip", b"", 1, 0), Ok(Vec::new()), "an answer without a body");
        assert_eq!(read("gzip", &packed(b""), 3, 0), Ok(Vec::new()));
    }

    #[test]
    fn what_is_too_long_is_refused_before_it_is_all_there() {
        let bomb = packed(&vec![b' '; 50 << 20]);
        assert_eq!(read("gzip", &bomb, 4_096, 1 << 20), Err(FaultKind::TooLarge));
        assert_eq!(read("", b"four", 1, 3), Err(FaultKind::TooLarge));
        assert_eq!(read("gzip", &packed(b"four"), 1, 4), Ok(b"four".to_vec()));
    }

    #[test]
    fn what_is_not_packed_as_it_says_is_broken() {
        let good = packed(b"some text that is packed");
        let (half, end) = (&good[..good.len() / 2], good.len() - 1);
        let mut changed = good.clone();
        changed[end - 5] ^= 1;
        let more = [&good[..], b"more"].concat();
        for sent in [half, &good[..end], &changed, &more, b"plain text", b"{"] {
            for chunk in [1, 1_000] {
                assert_eq!(read("gzip", sent, chunk, 1_000), Err(FaultKind::Cut), "{sent:?}");
            }
        }
    }
}
