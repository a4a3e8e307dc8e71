//! Folders of reports: written under a hidden name and then put in place, with a file in each that says it is huntc's and
//! lists what huntc wrote into it.

use super::{RANDOM, is_part, mode, open};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// The file that makes a folder huntc's. Its first line is [`HEADER`]; each further one is the name of a file that huntc
/// wrote there. Whoever writes the folder holds a lock on it, so that others see whether that process still lives; process
/// ids would not do, as containers that share a folder have equal ones.
const MARK: &str = ".huntc-report";
/// Ends the name of a hidden folder of which there is only one.
const ONLY: &str = "only";
const HEADER: &str = "huntc report 1";
/// The most bytes of a mark that are read.
const LONGEST: u64 = 64 << 20;

/// A folder that is being written, beside the place that it will take. Dropped before it is in place, it is removed.
#[derive(Debug)]
pub(crate) struct NewFolder {
    path: PathBuf,
    mark: File,
    names: Vec<String>,
    in_place: bool,
}

impl NewFolder {
    /// Makes a hidden folder in `parent` for what will be called `name`.
    pub(crate) fn beside(parent: &Path, name: &str) -> io::Result<Self> {
        let prefix = hidden(name);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).rand_bytes(RANDOM).permissions(mode(0o777));
        let folder = builder.tempdir_in(parent)?;
        let mark = marked(folder.path())?;
        Ok(Self { path: folder.keep(), mark, names: Vec::new(), in_place: false })
    }

    /// As [`Self::beside`], of which there is one for each name: whoever has it is the only one to write what will be called
    /// `name`, whichever process, machine or container that is. The error is `AlreadyExists` where another one has it.
    pub(crate) fn only(parent: &Path, name: &str) -> io::Result<Self> {
        let path = parent.join(format!("{}{ONLY}", hidden(name)));
        fs::create_dir(&path)?;
        let mark = marked(&path).inspect_err(|_| _ = fs::remove_dir(&path))?;
        let new = Self { path, mark, names: Vec::new(), in_place: false };
        // Another one may have had it, and put it in place, since the name was seen to be free.
        if parent.join(name).exists() { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(new) }
    }

    /// Where it is written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one file and waits until it is on the disk: an error must occur before an earlier report is removed.
    pub(crate) fn write(&mut self, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let name_it = |e: io::Error| io::Error::new(e.kind(), format!("{name}: {e}"));
        let mut out = BufWriter::new(File::create_new(self.path.join(name)).map_err(name_it)?);
        self.names.push(name.to_owned());
        write(&mut out).map_err(name_it)?;
        let file = out.into_inner().map_err(|e| name_it(e.into_error()))?;
        file.sync_data().map_err(name_it)
    }

    /// Lists its files in the mark, and waits until the folder is on the disk.
    pub(crate) fn complete(&mut self) -> io::Result<()> {
        self.mark.seek(io::SeekFrom::End(0))?;
        for name in &self.names {
            writeln!(self.mark, "{name}")?;
        }
        self.mark.sync_all()?;
        File::open(&self.path)?.sync_all()
    }

    /// Says that the folder has its place, which is then no longer this one's to remove.
    pub(crate) fn is_in_place(&mut self) {
        self.in_place = true;
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.in_place {
            let _ = empty(&self.path);
        }
    }
}

/// Makes the mark of a new folder, and locks it.
fn marked(folder: &Path) -> io::Result<File> {
    let mut mark = File::create_new(folder.join(MARK))?;
    // The lock comes before the first line: what has no first line is never swept.
    mark.try_lock().map_err(|error| match error {
        TryLockError::Error(error) => error,
        TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
    })?;
    writeln!(mark, "{HEADER}")?;
    Ok(mark)
}

fn hidden(name: &str) -> String {
    format!(".{name}.huntc-")
}

/// The names that the mark of a folder lists; `None` if it is no folder with a mark. A link to a folder is none.
fn listed(folder: &Path) -> Option<Vec<String>> {
    if !folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return None;
    }
    let mut text = String::new();
    open(&folder.join(MARK)).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    (lines.next()? == HEADER).then(|| lines.filter(|name| is_plain(name)).map(str::to_owned).collect())
}

/// Whether a name is one of a file in the folder itself.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

/// Whether a folder carries the mark and holds nothing but what the mark lists. The error names what else is there.
pub(crate) fn holds_only_listed(folder: &Path) -> io::Result<bool> {
    let names = listed(folder);
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let known = names.as_ref().is_some_and(|names| name == MARK || names.iter().any(|n| name == n.as_str()));
        if !known {
            let what = format!("it holds `{}`, which is no part of a report of huntc", name.to_string_lossy());
            return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, what));
        }
    }
    Ok(names.is_some())
}

/// Removes a folder that carries the mark. Of its files only those that the mark lists are removed; if others are there,
/// they and the folder stay. A folder without the mark stays as it is.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    let Some(names) = listed(folder) else { return Ok(()) };
    for name in names.iter().map(String::as_str).chain([MARK]) {
        match fs::remove_file(folder.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    match fs::remove_dir(folder) {
        Err(e) if e.kind() != io::ErrorKind::DirectoryNotEmpty => Err(e),
        _ => Ok(()),
    }
}

/// Removes what killed runs left in `parent`: hidden folders, and files and links that had not got their name yet. `is_own` says
/// of a name whether such folders are swept. What nobody has a lock on must be old: others may be writing there.
pub(crate) fn sweep(parent: &Path, is_own: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(is_part) {
            if is_stale(&entry.path()) {
                let _ = fs::remove_file(entry.path());
            }
            continue;
        }
        let Some((name, _)) = name.to_str().and_then(|n| n.strip_prefix('.')).and_then(|n| n.rsplit_once(".huntc-")) else {
            continue;
        };
        let folder = entry.path();
        if !is_own(name) {
            continue;
        }
        if listed(&folder).is_none() {
            if is_stale(&folder) {
                let _ = remove_unmarked(&folder);
            }
            continue;
        }
        // Whoever writes it holds the lock.
        let Ok(mark) = open(&folder.join(MARK)) else { continue };
        if mark.try_lock().is_ok() {
            let _ = empty(&folder);
        }
    }
}

/// How old what has no lock must be before it is swept.
const STALE: Duration = Duration::from_hours(1);

/// Whether nobody can be about to lock or rename it any more. A link is judged itself.
fn is_stale(path: &Path) -> bool {
    let modified = path.symlink_metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > STALE))
}

/// Removes a hidden folder whose maker was killed before it was marked: nothing can be in it but an empty mark.
fn remove_unmarked(folder: &Path) -> io::Result<()> {
    if !folder.symlink_metadata()?.is_dir() {
        return Ok(());
    }
    let mark = folder.join(MARK);
    if mark.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0) {
        fs::remove_file(mark)?;
    }
    fs::remove_dir(folder)
}

/// Removes a hidden folder with the files in it, the mark last. Links in it are removed, not followed; folders are not
/// entered.
fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != MARK && !entry.file_type()?.is_dir() {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_file(folder.join(MARK))?;
    fs::remove_dir(folder)
}
