//! The folder in which an analytic of Kestrel finds its tables and leaves its own: `input`, `output` and `display`. What lies there
//! afterwards may be anything; no link in it is followed, and no more of it is read than the hunt may use.

use super::contract::{AnalyticCall, AnalyticRows, InputFacts, failed};
use super::conversation::{Attended, Talk, attend};
use crate::metered_file::Meter;
use crate::source::SourceError;
use huntc_compiler::value::Value;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Child;

/// Where the tables are.
const INPUT: &str = "input";
/// Where the answers are.
pub(super) const OUTPUT: &str = "output";
/// Where the displays are.
pub(super) const DISPLAY: &str = "display";
/// The most bytes that an analytic may leave in the folder.
pub(super) const MOST: u64 = 1 << 30;
/// The most files that are looked at for their size.
const MOST_FILES: usize = 10_000;
/// Bytes of a file that are read at once.
const CHUNK: usize = 64 << 10;

/// The columns that Kestrel's tables have in front.
pub(super) const ID: &str = "id";
pub(super) const TYPE: &str = "type";

/// A folder of one call. It goes when this is dropped.
pub(super) struct Exchange {
    folder: tempfile::TempDir,
}

impl Exchange {
    pub(super) fn new() -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("huntc-analytic-").tempdir()?;
        for name in [INPUT, OUTPUT, DISPLAY] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        Ok(Self { folder })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The place of a table.
    pub(super) fn input(&self, name: &str) -> PathBuf {
        self.path().join(INPUT).join(name)
    }

    /// Waits until the program that reads and writes here ends.
    pub(super) fn attend(&self, call: &AnalyticCall<'_>, child: Child) -> Result<Attended, SourceError> {
        let failed: &dyn Fn(&dyn std::fmt::Display) -> SourceError = &|what| failed(call, what);
        let talk = Talk { allowance: call.allowance, timeout: call.binding.timeout, most: 0, failed };
        attend(&talk, child, &|| self.within(call))
    }

    /// Fails once the analytic has written more than it may.
    pub(super) fn within(&self, call: &AnalyticCall<'_>) -> Result<(), SourceError> {
        let mut files = 0;
        let mut bytes = 0;
        for part in [OUTPUT, DISPLAY] {
            let Ok(listed) = std::fs::read_dir(self.path().join(part)) else { continue };
            for file in listed.take(MOST_FILES).flatten() {
                files += 1;
                // Of a link this is the size of the link.
                bytes += file.metadata().map_or(0, |file| file.len());
            }
        }
        if bytes > MOST || files >= MOST_FILES {
            return Err(failed(call, format_args!("it wrote more than {} MiB, or too many files", MOST >> 20)));
        }
        Ok(())
    }

    /// The bytes of a file that the analytic left; `None` where there is none.
    pub(super) fn left(&self, part: &str, name: &str, most: u64, meter: &Meter<'_>) -> Result<Option<Vec<u8>>, LeftFault> {
        let mut file = match open(self.path(), part, name) {
            Ok(file) => file.take(most.saturating_add(1)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(LeftFault::Unreadable(e.to_string())),
        };
        let (mut bytes, mut chunk) = (Vec::new(), vec![0; CHUNK]);
        loop {
            let read = file.read(&mut chunk).map_err(|e| LeftFault::Unreadable(e.to_string()))?;
            if read == 0 {
                return Ok(Some(bytes));
            }
            meter.grow(2 * read).map_err(LeftFault::Spent)?;
            bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
            if bytes.len() as u64 > most {
                return Err(LeftFault::Unreadable(format!("it has more than {} MiB", most >> 20)));
            }
        }
    }

    /// The names of the files in a part, sorted; the first ones of very many.
    pub(super) fn names(&self, part: &str) -> Vec<String> {
        let folder = self.path().join(part);
        if !folder.symlink_metadata().is_ok_and(|folder| folder.is_dir()) {
            return Vec::new();
        }
        let listed = std::fs::read_dir(folder).into_iter().flatten().take(MOST_FILES).flatten();
        let mut names: Vec<String> = listed.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Why a file cannot be read.
pub(super) enum LeftFault {
    Spent(crate::allowance::Spent),
    Unreadable(String),
}

/// Opens a file without following a link, and without waiting for whoever holds the other end of a pipe.
#[cfg(unix)]
fn open(folder: &Path, part: &str, name: &str) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags, open, openat};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = open(folder, flags | OFlags::DIRECTORY, Mode::empty())?;
    let part = openat(folder, part, flags | OFlags::DIRECTORY, Mode::empty())?;
    let file = File::from(openat(part, name, flags | OFlags::NONBLOCK, Mode::empty())?);
    regular(file)
}

#[cfg(not(unix))]
fn open(folder: &Path, part: &str, name: &str) -> std::io::Result<File> {
    let path = folder.join(part).join(name);
    if path.symlink_metadata()?.is_symlink() {
        return Err(std::io::Error::other("it is a link"));
    }
    regular(File::open(path)?)
}

fn regular(file: File) -> std::io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(std::io::Error::other("it is no regular file")) }
}

/// A table as Kestrel's analytics get it: with an id for each row, and its type.
pub(super) fn with_ids(table: &AnalyticRows, facts: &InputFacts) -> AnalyticRows {
    let own = |name: &String| name == ID || name == TYPE;
    let kept: Vec<usize> = (0..table.names.len()).filter(|at| !table.names.get(*at).is_some_and(own)).collect();
    let names = [ID.to_owned(), TYPE.to_owned()].into_iter().chain(kept.iter().filter_map(|at| table.names.get(*at).cloned()));
    let entity = Some(Value::text(facts.entity.as_str()));
    let row = |(number, row): (usize, &Vec<Option<Value>>)| {
        let id = Some(Value::text(id(&facts.entity, number)));
        [id, entity.clone()].into_iter().chain(kept.iter().map(|at| row.get(*at).cloned().flatten())).collect()
    };
    AnalyticRows { names: names.collect(), rows: table.rows.iter().enumerate().map(row).collect() }
}

/// The id of a row: that of a STIX object, as Kestrel's are.
fn id(entity: &str, row: usize) -> String {
    format!("{entity}--00000000-0000-4000-8000-{row:012x}")
}

/// The number of the row that an id stands for.
pub(super) fn row_of(id: &str, entity: &str) -> Option<usize> {
    let number = id.strip_prefix(entity)?.strip_prefix("--00000000-0000-4000-8000-")?;
    usize::from_str_radix(number, 16).ok().filter(|row| self::id(entity, *row) == id)
}
