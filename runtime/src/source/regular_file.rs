//! Files that hunts and configurations name. A device, a pipe or a socket is refused before it is opened: reading one may hang,
//! never end, or do something.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The most bytes of a file that is read whole.
const MOST: u64 = 16 << 20;

/// Why a path is not opened; `None` for a regular file and a folder.
pub fn refused(path: &Path) -> io::Result<Option<&'static str>> {
    let kind = std::fs::metadata(path)?.file_type();
    Ok((!kind.is_file() && !kind.is_dir()).then_some("it is a device, a pipe or a socket, not a file"))
}

/// Opens a regular file for reading.
pub fn open(path: &Path) -> io::Result<File> {
    if let Some(why) = refused(path)? {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe that takes the file's place meanwhile is not waited for, and what was opened is looked at once more.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    Err(if kind.is_dir() {
        io::Error::from(io::ErrorKind::IsADirectory)
    } else {
        io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")
    })
}

/// The text of a regular file of at most 16 MB.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.take(MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has more than 16 MB"));
    }
    Ok(text)
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_opened() {
        let temp = tempfile::tempdir().unwrap();
        let (file, pipe) = (temp.path().join("plain"), temp.path().join("pipe"));
        std::fs::write(&file, "x").unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::os::unix::fs::symlink("/dev/zero", temp.path().join("link")).unwrap();
        assert_eq!(read_text(&file).unwrap(), "x");
        for bad in [&pipe, Path::new("/dev/zero"), &temp.path().join("link"), temp.path()] {
            assert!(open(bad).is_err(), "{}", bad.display());
        }
    }
}
