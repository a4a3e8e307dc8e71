//! Which files the paths of the command line name.

use crate::source::SourceError;
use huntc_compiler::diag::codes::store::{NOTHING_TO_READ, UNREADABLE_LOG};
use std::path::{Path, PathBuf};

/// A file to read, or standard input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The name that the user gave; `-` for standard input.
    pub name: String,
    /// `None` is standard input.
    pub path: Option<PathBuf>,
}

/// The files of a folder that are read, by the ending of their names; an ending of compression may follow.
const LOG_ENDINGS: [&str; 6] = ["ndjson", "jsonl", "json", "bulk", "log", "ldjson"];
/// Endings of the names of compressed files.
const COMPRESSED_ENDINGS: [&str; 4] = ["gz", "gzip", "zst", "zstd"];

/// The files that paths name: a file itself, `-` for standard input, and for a folder all log files below it, sorted by
/// path. In folders, hidden files and files without the ending of a log are skipped.
pub fn list(paths: &[PathBuf]) -> Result<Vec<Input>, SourceError> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(Input { name: "-".to_owned(), path: None });
            continue;
        }
        if path.as_os_str().is_empty() {
            return Err(SourceError::new(&NOTHING_TO_READ, "the path of a log file is empty")
                .help("name a file, a folder, or `-` for standard input"));
        }
        let meta = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
        if !meta.is_dir() {
            inputs.push(Input { name: path.display().to_string(), path: Some(path.clone()) });
            continue;
        }
        let before = inputs.len();
        walk(path, &mut inputs, 0)?;
        if inputs.len() == before {
            return Err(SourceError::new(&NOTHING_TO_READ, format!("no log file in {}", path.display()))
                .note(format!("a folder is searched for files ending in .{}", LOG_ENDINGS.join(", .")))
                .help("name a file with another ending itself: `--source NAME=FILE`"));
        }
    }
    if inputs.is_empty() {
        return Err(SourceError::new(&NOTHING_TO_READ, "no log file is named").help("name a file, a folder, or `-`"));
    }
    Ok(inputs)
}

/// The deepest folder below a named one that is read. Links that form a circle end here.
const MAX_FOLDERS: usize = 64;

fn walk(folder: &Path, inputs: &mut Vec<Input>, depth: usize) -> Result<(), SourceError> {
    if depth > MAX_FOLDERS {
        return Err(SourceError::new(&UNREADABLE_LOG, format!("folders are nested too deeply in {}", folder.display()))
            .note("links that lead in a circle look like this"));
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
        let meta = std::fs::metadata(&path).map_err(|e| unreadable(&path, &e))?;
        if meta.is_dir() {
            walk(&path, inputs, depth + 1)?;
        } else if meta.is_file() && is_log(&path) {
            inputs.push(Input { name: path.display().to_string(), path: Some(path) });
        }
    }
    Ok(())
}

/// Whether a name has the ending of a log file, possibly followed by one of compression.
fn is_log(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let mut parts = name.rsplit('.');
    let mut last = parts.next().unwrap_or_default();
    if COMPRESSED_ENDINGS.contains(&last) {
        last = parts.next().unwrap_or_default();
    }
    LOG_ENDINGS.contains(&last) && parts.next().is_some()
}

/// The error of a path that cannot be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    let error = SourceError::new(&UNREADABLE_LOG, format!("cannot read {}", path.display())).note(error.to_string());
    if path.exists() { error.help("check the permissions of the file") } else { error.help("check the path") }
}
