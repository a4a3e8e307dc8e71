//! Files and folders that huntc makes, in places where others may write too: no link is followed, no name can be guessed, and
//! only what carries huntc's mark is replaced or removed.
//!
//! Who else may read them is up to the umask, which the command line sets (docs/security.md).

mod marked_folder;

pub(crate) use marked_folder::{NewFolder, holds_only_listed, remove, sweep};

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::path::Path;

/// Opens a file that huntc keeps to itself, such as a lock, for reading and writing; makes it if there is none. A link or
/// anything else that is no plain file is refused.
pub(crate) fn open_or_make(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    plain(options.read(true).write(true).create(true).truncate(false), path)
}

/// Opens a file that huntc made, for reading. A link or anything else that is no plain file is refused.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    plain(OpenOptions::new().read(true), path)
}

fn plain(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A FIFO without a writer would be waited for; it is refused below.
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| {
        let link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if link { io::Error::other(format!("`{}` is a link", path.display())) } else { error }
    })?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(format!("`{}` is no plain file", path.display())));
    }
    Ok(file)
}

/// Writes a file in one step: a new file beside it, with a name that nobody can guess, is written, brought to the disk, and
/// takes its name. What had the name before is replaced, a link too. After an error it is as it was.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut file = parts().permissions(mode(0o666)).tempfile_in(folder_of(path))?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a file that is not there yet in one step: `make` makes it under another name, it is brought to the disk, and takes its
/// name. Whoever is killed before leaves nothing that has the name.
pub(crate) fn make_new(path: &Path, mut make: impl FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    let made = parts().make_in(folder, |place| make(place))?.into_temp_path();
    open(&made)?.sync_all()?;
    made.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Makes a new file in one step, whose name follows from what is written. Whoever is killed before leaves no file of that name.
pub(crate) fn make_named(folder: &Path, write: impl FnOnce(&mut File) -> io::Result<String>) -> io::Result<()> {
    let mut file = parts().permissions(mode(0o666)).tempfile_in(folder)?;
    let name = write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// Removes the files that killed writers left in a folder which this process has to itself.
pub(crate) fn remove_parts(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_part) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Makes a link in one step, as [`replace`] does a file.
#[cfg(unix)]
pub(crate) fn replace_link(path: &Path, target: &str) -> io::Result<()> {
    let link = parts().make_in(folder_of(path), |place| std::os::unix::fs::symlink(target, place))?;
    link.into_temp_path().persist(path).map_err(|error| error.error)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes what takes another name later.
fn parts() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART.0).suffix(PART.1).rand_bytes(RANDOM);
    builder
}

/// Whether a name is one of those that [`replace`] writes under. A killed process leaves such files.
pub(crate) fn is_part(name: &str) -> bool {
    let random = name.strip_prefix(PART.0).and_then(|rest| rest.strip_suffix(PART.1));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Beginning and end of those names.
const PART: (&str, &str) = (".huntc-", ".part");
/// Random characters of a name, of 62 each: 95 bits.
const RANDOM: usize = 16;

/// Permissions before the umask is applied.
fn mode(bits: u32) -> Permissions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Permissions::from_mode(bits)
    }
}

#[cfg(test)]
mod tests;
