//! Generated logs, and stores made of them: made once, kept in `target/bench-data`, which can be thrown away.

use super::generate::{Generator, VERSION};
use super::measure::{Cost, Outcome, child};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many of a hundred records create a process.
pub(super) const BIRTHS: u64 = 40;

/// Where the bench works.
pub(super) struct Data {
    /// For logs, stores and reports.
    pub(super) folder: PathBuf,
    /// The release build of `huntc`.
    pub(super) huntc: PathBuf,
    /// Records of a middling store.
    pub(super) records: u64,
    /// Records of the big one.
    pub(super) large_records: u64,
}

impl Data {
    /// Builds `huntc`, and makes the folder.
    pub(super) fn new(records: u64, large_records: u64) -> Outcome<Self> {
        let target = std::env::current_exe()?;
        // target/release/deps/targets-…
        let release = target.parent().and_then(Path::parent).ok_or("the bench does not lie in a target folder")?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the package has no folder above it")?;
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo).current_dir(root).args(["build", "--release", "--quiet", "--bin", "huntc"]).status()?;
        if !built.success() {
            return Err("huntc does not build".into());
        }
        let folder = release.parent().unwrap_or(release).join("bench-data").join(format!("v{VERSION}"));
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, huntc: release.join("huntc"), records, large_records })
    }

    /// A path in the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A log of so many records as NDJSON.
    pub(super) fn log(&self, records: u64) -> Outcome<PathBuf> {
        let path = self.path(&format!("{records}.ndjson"));
        if !path.exists() {
            let part = self.path(&format!("{records}.part"));
            let mut file = std::fs::File::create(&part)?;
            Generator::new(BIRTHS).write(records, &mut file)?;
            file.flush()?;
            std::fs::rename(part, &path)?;
        }
        Ok(path)
    }

    /// A store of so many records.
    pub(super) fn store(&self, records: u64) -> Outcome<PathBuf> {
        let path = self.path(&format!("{records}.store"));
        if !path.join("manifest.json").exists() {
            let log = self.log(records)?;
            self.ingest(&log.display().to_string(), &path, |_| Ok(()))?;
        }
        Ok(path)
    }

    /// Makes a store of a log, or of what `input` writes where the log is `-`; an older store is thrown away.
    pub(super) fn ingest(
        &self,
        log: &str,
        store: &Path,
        input: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Outcome<Cost> {
        if store.exists() {
            std::fs::remove_dir_all(store)?;
        }
        child(&self.huntc, &["ingest", log, "--store", &store.display().to_string(), "--quiet"], input)
    }
}
