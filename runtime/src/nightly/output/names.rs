//! Names of nights' reports and of their files.

use crate::report::sanitize::file_part;
use std::path::Path;

/// `02-scheduled-tasks-new.csv`
pub(super) fn csv_name(at: usize, hunt: &str) -> String {
    let stem = Path::new(hunt).with_extension("");
    format!("{:02}-{}-new.csv", at + 1, file_part(&stem.to_string_lossy()))
}

/// Whether a folder's name is that of a night.
pub(in crate::nightly) fn is_night(name: &str) -> bool {
    let (stamp, number) = name.split_once('-').map_or((name, None), |(s, n)| (s, Some(n)));
    let shape: Vec<u8> = stamp.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b }).collect();
    shape == b"00000000T000000Z" && number.is_none_or(|n| n.parse::<u32>().is_ok())
}

/// The link to the newest report.
pub(super) const LATEST: &str = "latest";
/// The page with a line for each night.
pub(super) const INDEX: &str = "index.html";
