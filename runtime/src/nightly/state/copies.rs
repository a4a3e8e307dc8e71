//! Copies of the state, one for each night, to go back to when it is damaged.
//!
//! A copy lies beside the state. Its name has a number, the night, and the beginning of the SHA-256 of its bytes, so that a
//! copy can be told to be whole by its name: `nightly-00012-20260101T020000Z-1f2e….redb`. The number counts copies, whatever the
//! clock shows.

use crate::own_files;
use ring::digest::{Context, SHA256};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The file of a state.
pub(super) const FILE: &str = "nightly.redb";
/// How many copies are kept.
pub const KEPT: u64 = 7;
/// Hexadecimal digits of the checksum in a name.
const DIGITS: usize = 16;

/// A file that has the name of a copy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StateCopy {
    number: u64,
    /// The night after which it was made.
    pub night: String,
    checksum: String,
    /// Its path.
    pub path: PathBuf,
}

/// Copies the state of a folder after a night, and removes the oldest copies. Nobody else may write to the state meanwhile.
pub fn make(folder: &Path, night: &str) -> io::Result<()> {
    let earlier = list(folder);
    let number = earlier.last().map_or(1, |copy| copy.number + 1);
    let mut state = own_files::open(&folder.join(FILE))?;
    own_files::make_named(folder, |file| {
        let checksum = checksum(&mut state, file)?;
        Ok(format!("nightly-{number:05}-{night}-{checksum}.redb"))
    })?;
    // A file is a copy if its bytes say so, and not by its name alone.
    for old in earlier.iter().filter(|copy| copy.number + KEPT <= number && copy.is_good()) {
        fs::remove_file(&old.path)?;
    }
    Ok(())
}

/// The newest copy in a folder whose bytes are those that were written.
pub fn newest_good(folder: &Path) -> Option<StateCopy> {
    list(folder).into_iter().rev().find(StateCopy::is_good)
}

/// The files of a folder that have the name of a copy, the oldest first.
fn list(folder: &Path) -> Vec<StateCopy> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<StateCopy> = entries.filter_map(|entry| StateCopy::named(&entry.path())).collect();
    found.sort();
    found
}

impl StateCopy {
    fn named(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_prefix("nightly-")?.strip_suffix(".redb")?;
        let (number, rest) = name.split_once('-')?;
        let (night, checksum) = rest.rsplit_once('-')?;
        let of_night = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let number = number.parse().ok().filter(|number| *number < u64::MAX)?;
        let named = night.chars().all(of_night) && checksum.len() == DIGITS;
        named.then(|| Self { number, night: night.to_owned(), checksum: checksum.to_owned(), path: path.to_path_buf() })
    }

    fn is_good(&self) -> bool {
        let read = own_files::open(&self.path).and_then(|mut file| checksum(&mut file, &mut io::sink()));
        read.is_ok_and(|found| found == self.checksum)
    }
}

/// Copies bytes, and gives the beginning of their checksum.
fn checksum(from: &mut File, to: &mut dyn Write) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut chunk = vec![0; 1 << 18];
    loop {
        match from.read(&mut chunk)? {
            0 => break,
            read => {
                let bytes = chunk.get(..read).unwrap_or_default();
                context.update(bytes);
                to.write_all(bytes)?;
            }
        }
    }
    let digest = context.finish();
    let mut text = digest.as_ref().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    });
    text.truncate(DIGITS);
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        list(folder).iter().map(|copy| copy.night.clone()).collect()
    }

    #[test]
    fn the_last_copies_stay_and_the_newest_good_one_is_known() {
        let temp = tempfile::tempdir().unwrap();
        for n in 1..=9 {
            fs::write(temp.path().join(FILE), format!("state {n}")).unwrap();
            // A clock that jumps does not change which copy is the newest.
            make(temp.path(), &format!("{:04}0101T020000Z", if n == 5 { 2999 } else { 2020 + n })).unwrap();
        }
        let nights = ["2023", "2024", "2999", "2026", "2027", "2028", "2029"].map(|year| format!("{year}0101T020000Z"));
        assert_eq!(names(temp.path()), nights);
        let newest = newest_good(temp.path()).unwrap();
        assert_eq!((newest.night.as_str(), fs::read(&newest.path).unwrap()), ("20290101T020000Z", b"state 9".to_vec()));
        fs::write(&newest.path, "state 8").unwrap();
        fs::remove_file(&list(temp.path())[5].path).unwrap();
        assert_eq!(newest_good(temp.path()).unwrap().night, "20270101T020000Z", "a damaged copy is passed over");
    }

    #[test]
    fn only_copies_are_removed() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join(FILE), "state").unwrap();
        let other = temp.path().join("nightly-00001-20200101T020000Z-0123456789abcdef.redb");
        fs::write(&other, "of somebody").unwrap();
        for _ in 0..9 {
            make(temp.path(), "20260101T020000Z").unwrap();
        }
        assert!(other.exists(), "its bytes do not fit its name");
        assert_eq!(list(temp.path()).len(), 8);
        assert!(list(temp.path()).iter().skip(1).all(StateCopy::is_good));
    }
}
