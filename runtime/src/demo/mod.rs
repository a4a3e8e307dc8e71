//! The demo: invented Sysmon data, for which the two published hunts give their published figures and the nightly ones
//! find an intrusion.
//!
//! The figures must follow from the rules of the language. For each mistake below there is a decoy, because of which
//! the mistake changes a figure (`tests/demo_figures.rs` computes all of them).
//!
//! | mistake | decoy | where |
//! | --- | --- | --- |
//! | a pid names a process | pids of schedulers, tasks, consoles, shell, browsers given again | `reuse`, `host101::later_boot` |
//! | host and pid name a process for ever | the same, on the same machine | `reuse` |
//! | the host is not part of the key | a second machine with the same pids at the same times | `reuse::stray` |
//! | GUIDs are told apart by case | two runs of `amcet.exe` logged in upper case | `scheduled::amcet_run` |
//! | the parent slot is not looked at | five service hosts, and the first scheduler's command line, known from children only | `host101::seen_in_the_day` |
//! | `=` folds case | `SVCHOST.EXE`, `AMCET.EXE`, `IEXPLORE.EXE`, `backgrounddownload.exe`, a lower-case scheduler | `scheduled::look_alikes`, `tracking` |
//! | negation is true on absence | most records of service hosts have no command line (a figure of our own) | everywhere |
//! | GET from a variable filters the whole type | an `amcet.exe` run by hand, a download that talks to nobody, the browser's child | `scheduled::look_alikes`, `tracking::browsers` |
//! | creation records are not held | the second scheduler's spells its name otherwise, so that the pattern alone misses it | `host101::later_boot` |
//! | DISP keeps duplicates | many rows alike | everywhere |
//! | LINKED leaves the binary out | the consoles have no file but their own executable | `scheduled::amcet_run` |
//! | LINKED takes the parent's binary | the parent is `amcet.exe` | `scheduled::amcet_run` |
//! | FIND does not look around the window | tasks, flows and a parent minutes before and behind | `scheduled::margins`, `tracking` |
//! | STOP counts, or START does not | records on both ends, to the millisecond | `host101::demand_starts`, `tracking::flows` |
//! | a record is a flow | flows that were logged twice | `tracking::flows`, `scheduled::amcet_run` |
//! | only flows mention an address | two look-ups and an answer name it too | `tracking::other_mentions` |

mod ecs;
mod enrich;
mod events;
mod host101;
mod hunts;
mod intrusion;
mod noise;
mod reuse;
mod rng;
mod scheduled;
mod services;
mod tracking;
mod world;

use crate::own_files;
use flate2::{Compression, GzBuilder};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

pub use hunts::{DemoHunt, HUNTS, NIGHTLY};

/// The files that were written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DemoFiles {
    /// The two published huntflows, in the order in which they are run.
    pub hunts: Vec<PathBuf>,
    /// The folder `hunts`, with the nightly huntflows.
    pub nightly: PathBuf,
    /// The configuration, `huntc.toml`.
    pub config: PathBuf,
    /// The data, `host101.ndjson.gz`.
    pub data: PathBuf,
    /// The look-up table, `enrichdomain.csv`.
    pub enrichment: PathBuf,
    /// Number of records in the data.
    pub records: usize,
}

/// A file of the demo could not be written.
#[derive(Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct DemoError {
    pub path: PathBuf,
    pub error: io::Error,
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be written: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for DemoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Whether records have process GUIDs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntityIds {
    /// Records have GUIDs, as Sysmon writes them.
    Kept,
    /// Records have none: processes are known by host and pid only. The figures are the same.
    Stripped,
}

/// Writes data, configuration and hunts into a folder, which is made if there is none. Every run writes the same bytes.
pub fn write(dir: &Path) -> Result<DemoFiles, DemoError> {
    write_with(dir, EntityIds::Kept)
}

/// As [`write()`], with or without process GUIDs.
pub fn write_with(dir: &Path, ids: EntityIds) -> Result<DemoFiles, DemoError> {
    make(dir)?;
    let lines = records(ids);
    let data = put(dir, "host101.ndjson.gz", &compress(&lines))?;
    let enrichment = put(dir, "enrichdomain.csv", &table())?;
    let config = put(dir, "huntc.toml", configuration().as_bytes())?;
    let hunts = HUNTS.iter().map(|(name, text)| put(dir, name, text.as_bytes())).collect::<Result<_, _>>()?;
    let nightly = dir.join("hunts");
    make(&nightly)?;
    NIGHTLY.iter().try_for_each(|(name, text)| put(&nightly, name, text.as_bytes()).map(drop))?;
    Ok(DemoFiles { hunts, nightly, config, data, enrichment, records: lines.len() })
}

/// The records as JSON texts, sorted by time.
pub fn records(ids: EntityIds) -> Vec<String> {
    let [first, second] = tracking::BROWSERS;
    let mut world = world::World::new(ids == EntityIds::Kept, &[first, second, tracking::CHILD]);
    let boots = host101::boots(&mut world);
    let runs = scheduled::write(&mut world, &boots);
    let cast = tracking::write(&mut world, &boots);
    reuse::write(&mut world, &boots, &runs, cast);
    noise::write(&mut world, &boots);
    intrusion::write(&mut world, &boots);
    world.into_lines()
}

fn make(dir: &Path) -> Result<(), DemoError> {
    fs::create_dir_all(dir).map_err(|error| DemoError { path: dir.to_path_buf(), error })
}

fn put(dir: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, DemoError> {
    let path = dir.join(name);
    let put = || match own_files::open(&path) {
        Ok(file) => {
            // One byte more shows that a file is longer.
            let mut there = Vec::new();
            file.take(bytes.len() as u64 + 1).read_to_end(&mut there)?;
            let other = "it is there already, and differs from what the demo writes";
            if there == bytes { Ok(()) } else { Err(io::Error::new(io::ErrorKind::AlreadyExists, other)) }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => own_files::replace(&path, |file| file.write_all(bytes)),
        Err(e) => Err(e),
    };
    match put() {
        Ok(()) => Ok(path),
        Err(error) => Err(DemoError { path, error }),
    }
}

/// Compresses with a gzip header without name, time and system.
fn compress(lines: &[String]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::default());
    // Writing to a vector cannot fail.
    let _ = lines.iter().try_for_each(|line| encoder.write_all(line.as_bytes()).and_then(|()| encoder.write_all(b"\n")));
    encoder.finish().unwrap_or_default()
}

/// The look-up table of the analytic.
fn table() -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let _ = enrich::rows().iter().try_for_each(|row| writer.serialize(row));
    writer.into_inner().unwrap_or_default()
}

/// The text of `huntc.toml`.
#[derive(Serialize)]
struct Configuration {
    sources: BTreeMap<&'static str, Source>,
    analytics: BTreeMap<&'static str, Analytic>,
}

#[derive(Serialize)]
struct Source {
    path: &'static str,
}

#[derive(Serialize)]
struct Analytic {
    lookup: &'static str,
    key: &'static str,
    outputs: [&'static str; 2],
}

fn configuration() -> String {
    let analytic =
        Analytic { lookup: "enrichdomain.csv", key: "dst_ref.value", outputs: ["x_domain_name", "x_domain_organization"] };
    let configuration = Configuration {
        sources: ["host101", "windows"].map(|name| (name, Source { path: "host101.ndjson.gz" })).into(),
        analytics: BTreeMap::from([("docker://enrichdomain", analytic)]),
    };
    let tables = toml::to_string(&configuration).unwrap_or_default();
    format!(
        "# What the hunts of this folder ask: made-up data of one Windows host, as `windows` for the nightly ones, and a table\n\
         # of domain names.\n{tables}"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_write_the_same_bytes() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (a, b) = (write(one.path()).unwrap(), write(two.path()).unwrap());
        assert_eq!(fs::read(&a.data).unwrap(), fs::read(&b.data).unwrap());
        assert_eq!(fs::read(&a.data).unwrap()[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
        assert!(fs::metadata(&a.data).unwrap().len() < 3_000_000);
        assert!((20_000..60_000).contains(&a.records), "{}", a.records);
    }

    #[test]
    fn configuration_is_readable() {
        let value: toml::Table = configuration().parse().unwrap();
        assert_eq!(value["sources"]["host101"]["path"].as_str(), Some("host101.ndjson.gz"));
        assert_eq!(value["analytics"]["docker://enrichdomain"]["key"].as_str(), Some("dst_ref.value"));
    }

    #[test]
    fn table_has_a_header() {
        let text = String::from_utf8(table()).unwrap();
        assert!(text.starts_with("dst_ref.value,x_domain_name,x_domain_organization\n192.0.2.10,"), "{text}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = write(&file.join("demo")).unwrap_err();
        assert!(error.to_string().contains("demo"), "{error}");
    }
}
