//! Which files the paths of the command line name.

use super::report::LeftOut;
use crate::source::SourceError;
use huntc_compiler::diag::codes::store::{NOTHING_TO_READ, UNREADABLE_LOG};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file to read, or standard input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The name that the user gave; `-` for standard input.
    pub name: String,
    /// `None` is standard input. Of a member of an archive the file that holds it.
    pub path: Option<PathBuf>,
    /// The archive in which it is a member: the name of the outermost.
    pub archive: Option<Arc<str>>,
    /// The named folder, or archive, in which the file was found; `None` for a file that was named itself.
    pub folder: Option<Arc<str>>,
}

impl Input {
    pub(super) fn stdin() -> Self {
        Self { name: "-".to_owned(), path: None, archive: None, folder: None }
    }

    /// A file that is named itself.
    pub(super) fn file(path: &Path) -> Self {
        Self { name: path.display().to_string(), path: Some(path.to_owned()), archive: None, folder: None }
    }

    /// A member of this archive. Those of an archive that is named itself are judged as the files of a folder are.
    pub(super) fn member(&self, name: String) -> Self {
        let own = || Arc::from(self.name.as_str());
        Self {
            name,
            path: self.path.clone(),
            archive: Some(self.archive.clone().unwrap_or_else(own)),
            folder: Some(self.folder.clone().unwrap_or_else(own)),
        }
    }
}

/// The files that paths name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listing {
    /// The files to read, in order.
    pub inputs: Vec<Input>,
    /// Entries of folders that cannot be a log.
    pub left_out: Vec<LeftOut>,
}

/// The files that paths name: a file itself, `-` for standard input, and for a folder all files below it, sorted by path. In
/// folders only hidden files are skipped: the name of a file does not say what it holds.
pub fn list(paths: &[PathBuf]) -> Result<Listing, SourceError> {
    let mut listing = Listing::default();
    let mut seen = Seen::default();
    for path in paths {
        if path.as_os_str() == "-" {
            listing.inputs.push(Input::stdin());
            continue;
        }
        if path.as_os_str().is_empty() {
            return Err(SourceError::new(&NOTHING_TO_READ, "the path of a log file is empty")
                .help("name a file, a folder, or `-` for standard input"));
        }
        let meta = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
        if !meta.is_dir() {
            if meta.is_file() && !seen.first(path) {
                continue;
            }
            listing.inputs.push(Input::file(path));
            continue;
        }
        let (before, known) = (listing.inputs.len(), seen.0.len());
        let name: Arc<str> = path.display().to_string().into();
        if seen.first(path) {
            walk(path, &name, &mut listing, &mut seen, 0)?;
        }
        // Nothing in it was come across, here or before.
        if listing.inputs.len() == before && seen.0.len() == known + 1 {
            return Err(SourceError::new(&NOTHING_TO_READ, format!("no log file in {name}"))
                .note("a folder is searched with all folders below it; hidden files are passed over")
                .help("name a hidden file itself: `--source NAME=FILE`"));
        }
    }
    if listing.inputs.is_empty() {
        return Err(SourceError::new(&NOTHING_TO_READ, "no log file is named").help("name a file, a folder, or `-`"));
    }
    Ok(listing)
}

/// Files and folders that were come across. By links one may be reached on several paths, or in a circle; each is read once.
#[derive(Default)]
struct Seen(BTreeSet<PathBuf>);

impl Seen {
    fn first(&mut self, path: &Path) -> bool {
        self.0.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }
}

/// The deepest folder below a named one that is read.
const MAX_FOLDERS: usize = 64;

fn walk(folder: &Path, named: &Arc<str>, listing: &mut Listing, seen: &mut Seen, depth: usize) -> Result<(), SourceError> {
    if depth > MAX_FOLDERS {
        return Err(SourceError::new(&UNREADABLE_LOG, format!("folders are nested too deeply in {}", folder.display())));
    }
    let entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| unreadable(folder, &e))?.path());
    }
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        let name = path.display().to_string();
        let left_out = |what| LeftOut { file: name.clone(), what, holds_records: true, bad: None };
        match std::fs::metadata(&path) {
            Ok(meta) if (meta.is_dir() || meta.is_file()) && !seen.first(&path) => {}
            Ok(meta) if meta.is_dir() => walk(&path, named, listing, seen, depth + 1)?,
            Ok(meta) if meta.is_file() => {
                listing.inputs.push(Input { folder: Some(Arc::clone(named)), ..Input::file(&path) });
            }
            Ok(_) => listing.left_out.push(LeftOut { holds_records: false, ..left_out("no regular file") }),
            Err(_) if path.is_symlink() => listing.left_out.push(left_out("a link to what is not there")),
            Err(error) => return Err(unreadable(&path, &error)),
        }
    }
    Ok(())
}

/// The error of a path that cannot be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    let error = SourceError::new(&UNREADABLE_LOG, format!("cannot read {}", path.display())).note(error.to_string());
    if path.exists() { error.help("check the permissions of the file") } else { error.help("check the path") }
}
