//! What an analytic shows: pages and pictures in the folder `display`.

use super::contract::{AnalyticDisplay, DisplayKind};
use super::exchange::{DISPLAY, Exchange, LeftFault};
use crate::metered_file::Meter;
use crate::source::SourceError;

/// The most displays of one call.
const MOST: usize = 16;
/// The most bytes of a display.
const MOST_BYTES: u64 = 8 << 20;

impl DisplayKind {
    /// The kind of a file, if its content fits its name.
    fn of(name: &str, bytes: &[u8]) -> Option<Self> {
        let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
        let is = match ending.as_str() {
            "html" | "htm" => Self::Html,
            "svg" if bytes.windows(4).take(4 << 10).any(|four| four == b"<svg") => Self::Svg,
            "png" if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Self::Png,
            "jpg" | "jpeg" if bytes.starts_with(b"\xff\xd8\xff") => Self::Jpeg,
            _ => return None,
        };
        Some(is)
    }
}

/// The displays of a call, and in words which files are none.
pub(super) fn read(exchange: &Exchange, meter: &Meter<'_>) -> Result<(Vec<AnalyticDisplay>, Vec<String>), SourceError> {
    let (mut displays, mut left_out) = (Vec::new(), Vec::new());
    for name in exchange.names(DISPLAY) {
        if displays.len() == MOST || left_out.len() == MOST {
            left_out.push(format!("{name:?} and those behind it: only {MOST} are kept"));
            break;
        }
        meter.row_ends();
        match exchange.left(DISPLAY, &name, MOST_BYTES, meter) {
            Err(LeftFault::Spent(spent)) => return Err(spent.into()),
            Err(LeftFault::Unreadable(why)) => left_out.push(format!("{name:?}: {why}")),
            Ok(None) => left_out.push(format!("{name:?} is gone")),
            Ok(Some(bytes)) => match DisplayKind::of(&name, &bytes) {
                Some(kind) => displays.push(AnalyticDisplay { name, kind, bytes }),
                None => left_out.push(format!("{name:?} is no HTML, SVG, PNG or JPEG")),
            },
        }
    }
    Ok((displays, left_out))
}
