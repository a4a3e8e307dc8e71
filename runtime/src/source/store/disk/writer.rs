//! Adding log files to a store: one writer at a time; segments are written first, the manifest last.

use super::super::duplicates::{self, Part};
use super::super::ingest::{self, Limits, Outcome};
use super::super::memory_budget::Budget;
use super::super::segment::Segment;
use super::files::{corrupt, write_error};
use super::manifest::{self, Entry, Manifest};
use super::reader::{IN_MEMORY, open_segment};
use super::{layout, merge};
use crate::own_files;
use crate::source::SourceError;
use crate::source::logs::{self, Listing, ReadReport};
use huntc_compiler::diag::codes::store::{NOT_A_STORE, STORE_LOCKED};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The file that the writing process holds locked.
const LOCK: &str = "lock";
const SEGMENT_PREFIX: &str = "seg-";
const SEGMENT_SUFFIX: &str = ".arrow";

/// How log files are added to a store.
#[derive(Clone, Debug, Default)]
pub struct IngestOptions {
    pub(in super::super) limits: Limits,
    /// Whether saved answers are taken that say they are a part only.
    pub(in super::super) allow_partial: bool,
}

impl IngestOptions {
    /// The defaults; `allow_partial` takes saved answers that say they are a part only.
    pub fn new(allow_partial: bool) -> Self {
        Self { allow_partial, ..Self::default() }
    }

    /// With what is said of the files.
    #[must_use]
    pub fn with_settings(mut self, settings: &logs::FileSettings) -> Self {
        self.limits.read = logs::ReadOptions::of(settings);
        self
    }
}

/// The result of adding log files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IngestReport {
    /// How many records were added, and which lines are none.
    pub read: ReadReport,
    /// How many of them are documents that stand in the store or the files already.
    pub known: u64,
    /// Records in the store afterwards.
    pub records: u64,
    /// Segments in the store afterwards.
    pub segments: usize,
    /// Bytes of all segment files.
    pub bytes: u64,
}

/// Adds log files to the store in a folder, which is made if there is none. Either all of them are added, or none.
pub fn ingest(paths: &[PathBuf], dir: &Path, options: &IngestOptions) -> Result<IngestReport, SourceError> {
    let listing = logs::list(paths)?;
    let (lock, manifest) = begin(dir)?;
    let added = add(&listing, dir, options, manifest);
    // From now on segments without a manifest have lost it. Where this does not succeed, the next writer does it.
    if manifest::exists(dir) || !has_segments(dir) {
        let _ = lock.0.set_len(0);
    }
    added
}

fn add(listing: &Listing, dir: &Path, options: &IngestOptions, mut manifest: Manifest) -> Result<IngestReport, SourceError> {
    let next_file = AtomicU64::new(manifest.next_file);
    let added = Mutex::new(Vec::new());
    let named = AtomicBool::new(false);
    let keep = |segment: Segment| {
        named.fetch_or(segment.fields().iter().any(|field| &*field.name == "_id"), Ordering::Relaxed);
        let entry = write_segment(dir, &segment, next_file.fetch_add(1, Ordering::Relaxed))?;
        added.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(entry);
        Ok(())
    };
    let outcome = ingest::ingest(listing, manifest.next_id, &options.limits, &keep);
    let added = added.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let refused = |outcome: &Outcome| if options.allow_partial { Ok(()) } else { outcome.report.refuse_part() };
    let outcome = outcome.and_then(|outcome| refused(&outcome).map(|()| outcome));
    let outcome = outcome.inspect_err(|_| remove(dir, &added))?;
    let before: u64 = manifest.segments.iter().map(|s| s.records).sum();
    manifest.next_id = outcome.next;
    manifest.next_file = next_file.into_inner();
    manifest.origins.extend(outcome.origins);
    manifest.part = manifest.part.or_else(|| outcome.report.part.clone());
    manifest.segments.extend(added.iter().cloned());
    let mut replaced = Replaced { written: added, dropped: Vec::new() };
    if named.into_inner() {
        once_each(dir, &mut manifest, &mut replaced).inspect_err(|_| remove(dir, &replaced.written))?;
    }
    sort(&mut manifest);
    replace(dir, &manifest, &replaced.written)?;
    remove(dir, &replaced.dropped);
    // The records are added already. If a failed merge were an error, users would add the same files again.
    if let Ok(Some(merged)) = merge_small(dir, &manifest, &options.limits) {
        manifest = merged;
    }
    let read = outcome.report;
    let records: u64 = manifest.segments.iter().map(|s| s.records).sum();
    let known = read.records.saturating_sub(records.saturating_sub(before));
    let bytes = manifest.segments.iter().map(|s| s.frame.bytes).sum();
    Ok(IngestReport { read, known, records, segments: manifest.segments.len(), bytes })
}

/// The file [`LOCK`], locked as long as this is there.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is just being started holds it too, until it runs its own program.
        let _goes_with_the_file = self.0.unlock();
    }
}

/// Locks the store, and removes files that a killed writer left.
fn begin(dir: &Path) -> Result<(Lock, Manifest), SourceError> {
    std::fs::create_dir_all(dir).map_err(|e| write_error(dir, &e))?;
    let is_store = manifest::exists(dir);
    if !is_store {
        refuse_foreign(dir)?;
    }
    let path = dir.join(LOCK);
    let lock = own_files::open_or_make(&path).map_err(|e| write_error(&path, &e))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(SourceError::new(&STORE_LOCKED, format!("another process writes to {}", dir.display()))
                .note("hunts on the store go on meanwhile")
                .help("wait until it ends, or name all files in one `huntc ingest`"));
        }
        Err(TryLockError::Error(e)) => return Err(write_error(&path, &e)),
    }
    let lock = Lock(lock);
    let manifest = if manifest::exists(dir) {
        let _ = lock.0.set_len(0);
        manifest::read(dir)?
    } else {
        first(dir, &lock.0).map_err(|e| write_error(&path, &e))??
    };
    for name in own_files(dir)? {
        let used = manifest.segments.iter().any(|s| s.file == name);
        if !used && name != manifest::NAME && name != LOCK {
            let path = dir.join(&name);
            std::fs::remove_file(&path).map_err(|e| write_error(&path, &e))?;
        }
    }
    Ok((lock, manifest))
}

/// What the lock of a store holds until its first manifest is written: segments that a killed writer left belong to nothing.
const FIRST: &[u8] = b"the first files of this store are being written\n";

/// The manifest of a new store. Segments that are there without one are removed only if a first writer was killed; otherwise
/// they are a store that has lost its manifest.
fn first(dir: &Path, mut lock: &File) -> std::io::Result<Result<Manifest, SourceError>> {
    let mut text = Vec::new();
    lock.take(FIRST.len() as u64).read_to_end(&mut text)?;
    if has_segments(dir) && text != FIRST {
        return Ok(Err(corrupt(&dir.join(manifest::NAME), "it is gone, but segments of the store are there")));
    }
    lock.rewind()?;
    lock.write_all(FIRST)?;
    lock.sync_all()?;
    Ok(Ok(Manifest::default()))
}

/// Refuses a folder that has other files but no manifest: it is no store, and should not become one by mistake.
fn refuse_foreign(dir: &Path) -> Result<(), SourceError> {
    let all = std::fs::read_dir(dir).map_err(|e| write_error(dir, &e))?.count();
    if all == own_files(dir)?.len() && !dir.join(manifest::NAME).exists() {
        return Ok(());
    }
    Err(SourceError::new(&NOT_A_STORE, format!("{} has files, but none of an embedded store", dir.display()))
        .help("name an empty folder, or one that does not exist yet: `huntc ingest LOGS... --store NEW_DIR`"))
}

/// The names of huntc's files in a folder.
fn own_files(dir: &Path) -> Result<Vec<String>, SourceError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|e| write_error(dir, &e))? {
        let name = entry.map_err(|e| write_error(dir, &e))?.file_name().to_string_lossy().into_owned();
        if is_segment(&name) || name == LOCK || name == manifest::NAME || own_files::is_part(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

fn is_segment(name: &str) -> bool {
    let number = name.strip_prefix(SEGMENT_PREFIX).and_then(|n| n.strip_suffix(SEGMENT_SUFFIX));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn has_segments(dir: &Path) -> bool {
    own_files(dir).is_ok_and(|names| names.iter().any(|name| is_segment(name)))
}

/// Whether a folder has segment files and anything with the manifest's name.
pub(super) fn lost_its_manifest(dir: &Path) -> bool {
    dir.join(manifest::NAME).exists() && has_segments(dir)
}

/// Writes a segment file and waits until it is on the disk.
fn write_segment(dir: &Path, segment: &Segment, number: u64) -> Result<Entry, SourceError> {
    let file = format!("{SEGMENT_PREFIX}{number}{SEGMENT_SUFFIX}");
    let path = dir.join(&file);
    let columns = segment.all_columns()?;
    let (bytes, frame) =
        layout::encode(segment, &columns).map_err(|e| corrupt(&path, "the segment has no form on disk").note(e.to_string()))?;
    let mut out = File::create_new(&path).map_err(|e| write_error(&path, &e))?;
    let written = out.write_all(&bytes).and_then(|()| out.sync_all());
    if let Err(e) = written {
        let _already_failing = std::fs::remove_file(&path);
        return Err(write_error(&path, &e));
    }
    let span = segment.span().map_or((0, 0), |(a, b)| (a.0, b.0));
    let first_id = segment.ids.iter().copied().min().unwrap_or_default();
    Ok(Entry { file, records: segment.len() as u64, span, first_id, frame })
}

/// The segment files that take the place of others.
struct Replaced {
    written: Vec<Entry>,
    dropped: Vec<Entry>,
}

/// Writes segments anew that hold documents which others supersede.
fn once_each(dir: &Path, manifest: &mut Manifest, replaced: &mut Replaced) -> Result<(), SourceError> {
    let budget = Budget::new(IN_MEMORY);
    let segments: Vec<Segment> =
        manifest.segments.iter().map(|entry| open_segment(dir, entry, &budget)).collect::<Result<_, _>>()?;
    let part = Part { segments: &segments, origins: &manifest.origins };
    let dead = duplicates::superseded(&[part], duplicates::AT_ONCE)?;
    let mut left = Vec::with_capacity(segments.len());
    for ((entry, segment), rows) in manifest.segments.iter().zip(&segments).zip(dead.iter().flatten()) {
        if rows.is_empty() {
            left.push(entry.clone());
            continue;
        }
        replaced.dropped.push(entry.clone());
        if let Some(segment) = duplicates::without(segment, rows)? {
            let entry = write_segment(dir, &segment, manifest.next_file)?;
            manifest.next_file += 1;
            left.push(entry.clone());
            replaced.written.push(entry);
        }
    }
    manifest.segments = left;
    Ok(())
}

/// Makes a manifest with new segments the state of the store. If that fails, removes the files of the new segments.
fn replace(dir: &Path, manifest: &Manifest, new: &[Entry]) -> Result<(), SourceError> {
    manifest::sync_folder(dir).and_then(|()| manifest::commit(dir, manifest)).inspect_err(|_| remove(dir, new))?;
    manifest::sync_folder(dir).map_err(|e| e.note("what was added is in the store: adding it again would double it"))
}

fn sort(manifest: &mut Manifest) {
    manifest.segments.sort_by_key(|s| (s.span, s.first_id));
}

/// Removes segment files that no manifest names. Files that cannot be removed now are removed by the next writer.
fn remove(dir: &Path, entries: &[Entry]) {
    for entry in entries {
        let _next_writer_tries_again = std::fs::remove_file(dir.join(&entry.file));
    }
}

/// The most small segments that are not merged.
const FEW: usize = 8;
/// The most bytes of a merged segment; far below what 31-bit offsets can address.
const MERGED_BYTES: u64 = 64 << 20;

/// Merges the many small segments that daily additions leave. `None` when there is nothing to merge.
fn merge_small(dir: &Path, manifest: &Manifest, limits: &Limits) -> Result<Option<Manifest>, SourceError> {
    let groups = groups(manifest, limits);
    if groups.is_empty() {
        return Ok(None);
    }
    let mut merged = manifest.clone();
    let mut written = Vec::new();
    for group in &groups {
        let entry = merge_group(dir, group, merged.next_file).inspect_err(|_| remove(dir, &written))?;
        merged.next_file += 1;
        merged.segments.retain(|s| !group.contains(s));
        merged.segments.push(entry.clone());
        written.push(entry);
    }
    sort(&mut merged);
    replace(dir, &merged, &written)?;
    remove(dir, &groups.concat());
    Ok(Some(merged))
}

fn merge_group(dir: &Path, group: &[Entry], number: u64) -> Result<Entry, SourceError> {
    let budget = Budget::new(IN_MEMORY);
    let segments = group.iter().map(|entry| open_segment(dir, entry, &budget)).collect::<Result<Vec<_>, _>>()?;
    write_segment(dir, &merge::merge(&segments)?, number)
}

/// The small segments of a store in groups, each of which is merged into one segment. Empty when there are few.
fn groups(manifest: &Manifest, limits: &Limits) -> Vec<Vec<Entry>> {
    let small: Vec<&Entry> = manifest.segments.iter().filter(|s| s.records * 4 <= limits.segment_rows as u64).collect();
    if small.len() <= FEW {
        return Vec::new();
    }
    let mut groups: Vec<Vec<Entry>> = vec![Vec::new()];
    let (mut rows, mut bytes) = (0, 0);
    for entry in small {
        rows += entry.records;
        bytes += entry.frame.bytes;
        if rows > limits.segment_rows as u64 || bytes > MERGED_BYTES {
            groups.push(Vec::new());
            (rows, bytes) = (entry.records, entry.frame.bytes);
        }
        if let Some(group) = groups.last_mut() {
            group.push(entry.clone());
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_just_being_started_does_not_keep_the_lock() {
        let temp = tempfile::tempdir().unwrap();
        let (lock, _) = begin(temp.path()).unwrap();
        let inherited = lock.0.try_clone().unwrap();
        assert_eq!(begin(temp.path()).err().unwrap().code.id, "K0758");
        drop(lock);
        begin(temp.path()).unwrap();
        drop(inherited);
    }
}
