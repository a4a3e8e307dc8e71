//! What analytics show, as files beside the page and on it. It may be an attacker's: pages and drawings get a policy that lets them
//! load and run nothing, and stand in a frame that may do nothing.

use super::model::{Attachment, AttachmentKind};
use base64::Engine;

/// In front of a page or a drawing: it may have a style and pictures of its own, and nothing else.
const GUARD: &str = "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
                     content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n";
/// The most bytes of an attachment that the page has itself.
const MOST_SHOWN: usize = 2 << 20;
/// The most pixels of a picture that the page shows: a small file can be a picture of any size.
const MOST_PIXELS: u64 = 50_000_000;

impl Attachment {
    /// The content of its file.
    pub(crate) fn content(&self) -> Vec<u8> {
        match self.kind {
            AttachmentKind::Html | AttachmentKind::Svg => self.guarded().into_bytes(),
            AttachmentKind::Png | AttachmentKind::Jpeg | AttachmentKind::Log => self.bytes.clone(),
        }
    }

    fn guarded(&self) -> String {
        format!("{GUARD}{}", String::from_utf8_lossy(&self.bytes))
    }

    /// The page that a frame shows; none where it is too large, or no page.
    pub(crate) fn frame(&self) -> Option<String> {
        let is_page = matches!(self.kind, AttachmentKind::Html | AttachmentKind::Svg);
        (is_page && self.bytes.len() <= MOST_SHOWN).then(|| self.guarded())
    }

    /// The picture as an address of data; none where it is too large, or no picture.
    pub(crate) fn picture(&self) -> Option<String> {
        let pixels = match self.kind {
            AttachmentKind::Png => png_pixels(&self.bytes),
            AttachmentKind::Jpeg => jpeg_pixels(&self.bytes),
            _ => None,
        };
        let shown = pixels.is_some_and(|pixels| pixels <= MOST_PIXELS) && self.bytes.len() <= MOST_SHOWN;
        let data = || base64::engine::general_purpose::STANDARD.encode(&self.bytes);
        shown.then(|| format!("data:{};base64,{}", self.kind.media(), data()))
    }

    /// What it printed, if that is what it is.
    pub(crate) fn printed(&self) -> Option<String> {
        (self.kind == AttachmentKind::Log).then(|| String::from_utf8_lossy(&self.bytes).into_owned())
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn png_pixels(bytes: &[u8]) -> Option<u64> {
    Some(number(bytes.get(16..20)?) * number(bytes.get(20..24)?))
}

/// Goes from segment to segment to the one that says the size.
fn jpeg_pixels(bytes: &[u8]) -> Option<u64> {
    let mut at = 2_usize;
    loop {
        let marker = bytes.get(at..at.checked_add(4)?)?;
        let (kind, length) = match marker {
            [0xff, kind, rest @ ..] => (*kind, number(rest) as usize),
            _ => return None,
        };
        // The frames; the other segments with such numbers are tables.
        if (0xc0..=0xcf).contains(&kind) && !matches!(kind, 0xc4 | 0xc8 | 0xcc) {
            return Some(number(bytes.get(at + 5..at + 7)?) * number(bytes.get(at + 7..at + 9)?));
        }
        if length < 2 {
            return None;
        }
        at = at.checked_add(2 + length)?;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn attachment(kind: AttachmentKind, bytes: &[u8]) -> Attachment {
        Attachment { statement: 1, analytic: "python://x".to_owned(), name: "x".to_owned(), kind, bytes: bytes.to_vec() }
    }

    #[test]
    fn pages_are_guarded_wherever_they_are() {
        let page = attachment(AttachmentKind::Html, b"<script>alert(1)</script>");
        for text in [page.frame().unwrap(), String::from_utf8(page.content()).unwrap()] {
            assert!(
                text.starts_with("<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\""),
                "{text}"
            );
        }
        assert!(attachment(AttachmentKind::Html, &vec![b'a'; MOST_SHOWN + 1]).frame().is_none());
    }

    #[test]
    fn pictures_of_any_size_are_not_shown() {
        let png = |width: u32, height: u32| {
            let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
            bytes.extend(width.to_be_bytes());
            bytes.extend(height.to_be_bytes());
            attachment(AttachmentKind::Png, &bytes)
        };
        assert!(png(640, 480).picture().unwrap().starts_with("data:image/png;base64,"));
        assert_eq!(png(u32::MAX, u32::MAX).picture(), None);
        assert_eq!(attachment(AttachmentKind::Png, b"\x89PNG\r\n\x1a\n").picture(), None, "it breaks off");
        let jpeg = |height: [u8; 2]| {
            let frame = [&[0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8][..], &height, &[0xff, 0xff]].concat();
            attachment(AttachmentKind::Jpeg, &frame)
        };
        assert!(jpeg([0, 16]).picture().is_some());
        assert_eq!(jpeg([0xff, 0xff]).picture(), None);
    }
}
