//! Damaged states, stores and reports, through the program: it gives the right answer, or an error with a code.

mod bytes;

use crate::support::cli::{Huntc, Ran, setting};
use crate::support::random::Rng;
use bytes::damage;
use regex::Regex;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

/// Damaged files in a run of the suite.
const QUICK: usize = 240;

const HUNT: &str =
    "# overlap: 1h\nx = GET process FROM stixshifter://lab WHERE name = 'evil.exe'\nDISP x ATTR name, pid, command_line\n";

/// Records of processes, one a day at 01:00, and as many of other programs as fill some blocks.
fn records(days: std::ops::Range<usize>) -> String {
    let record = |day: usize, hour: usize, name: &str| {
        format!(
            "{{\"@timestamp\":\"2026-01-{day:02}T{hour:02}:00:00Z\",\"event\":{{\"code\":\"1\",\"category\":[\"process\"],\"type\":[\"start\"]}},\
             \"host\":{{\"name\":\"h{hour}\"}},\"process\":{{\"entity_id\":\"{name}{day}-{hour}\",\"name\":\"{name}\",\"pid\":{},\
             \"command_line\":\"{name} /{day} {hour}\"}}}}\n",
            day * 100 + hour
        )
    };
    days.flat_map(|day| {
        (0..24).map(move |hour| record(day, hour, "good.exe")).chain([record(day, 1, "evil.exe")]).collect::<Vec<_>>()
    })
    .collect()
}

/// What is damaged: files below a folder of a place, and the commands that meet them, in their order.
struct Subject {
    folder: &'static str,
    commands: &'static [&'static str],
    /// Made by these commands.
    made_by: &'static [&'static str],
}

const NIGHTS: [&str; 2] =
    ["nightly run hunts --at 2026-01-02T02:00:00Z --quiet", "nightly run hunts --at 2026-01-03T02:00:00Z --quiet"];
const RUN_STORE: &str = "run hunt.hf --source lab=store --format json --at 2026-01-09T00:00:00Z --window 30d";

const SUBJECTS: [Subject; 4] = [
    Subject {
        folder: ".huntc-nightly",
        made_by: &NIGHTS,
        commands: &[
            "nightly status --at 2026-01-03T03:00:00Z --format json",
            "nightly history a.hf",
            "nightly run hunts --at 2026-01-04T02:00:00Z",
            "nightly status --at 2026-01-04T03:00:00Z",
        ],
    },
    Subject {
        folder: "store",
        made_by: &["ingest old.ndjson --store store"],
        commands: &[RUN_STORE, "ingest new.ndjson --store store --quiet", RUN_STORE],
    },
    Subject {
        folder: "report",
        made_by: &["run hunt.hf --source lab=old.ndjson --at 2026-01-09T00:00:00Z --window 30d --out report"],
        commands: &["run hunt.hf --source lab=new.ndjson --at 2026-01-09T00:00:00Z --window 30d --out report"],
    },
    Subject { folder: "nightly", made_by: &NIGHTS, commands: &["nightly run hunts --at 2026-01-04T02:00:00Z"] },
];

fn place() -> Huntc {
    let all = records(1..9);
    let huntc = Huntc::new_in_memory().file("huntc.toml", "[sources.lab]\npath = \"all.ndjson\"\n").file("all.ndjson", all);
    let huntc = huntc.file("hunts/a.hf", HUNT).file("hunt.hf", HUNT);
    huntc.file("old.ndjson", records(1..6)).file("new.ndjson", records(6..9))
}

/// What a command said, without figures of time and places.
fn said(ran: &Ran) -> String {
    static TIMES: LazyLock<Regex> = LazyLock::new(|| Regex::new("\"elapsed_ms\": ?\\d+|\\d+\\.\\d+ m?s\\b|[0-9]+ ms\\b").unwrap());
    let text = format!("{:?} {}{}", ran.code, ran.stdout, ran.stderr).replace(&ran.folder, "[folder]");
    TIMES.replace_all(&text, "").into_owned()
}

/// The reports that a place holds: those of programs, as text without figures of time.
fn reports(huntc: &Huntc, folder: &str) -> BTreeMap<PathBuf, String> {
    static TIMES: LazyLock<Regex> = LazyLock::new(|| Regex::new("\"elapsed_ms\": ?\\d+").unwrap());
    let kept = |path: &PathBuf| path.ends_with("nightly.json") || path.ends_with("report.json");
    let root = huntc.path(folder);
    let text = |path: &Path| TIMES.replace_all(&String::from_utf8_lossy(&fs::read(path).unwrap()), "").into_owned();
    let named = files(&root).into_iter().filter(kept).map(|path| (path.strip_prefix(&root).unwrap().to_path_buf(), text(&path)));
    named.collect()
}

/// The files below a folder, sorted; links are left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A sound place, and what its commands say there.
struct Sound {
    made: Huntc,
    said: Vec<String>,
    reports: BTreeMap<PathBuf, String>,
    /// What the last command says where the one before it has failed.
    without: String,
}

impl Sound {
    fn of(subject: &Subject) -> Self {
        let made = place();
        for line in subject.made_by {
            let ran = made.run(line);
            assert_eq!(ran.code, Some(0), "{}", ran.text());
        }
        let used = Huntc::new_in_memory();
        copy(&made.path("."), &used.path("."));
        let ran: Vec<Ran> = subject.commands.iter().map(|line| used.run(line)).collect();
        assert!(ran.iter().all(|ran| ran.code == Some(0)), "{:?}", ran.iter().map(Ran::text).collect::<Vec<_>>());
        let alone = Huntc::new_in_memory();
        copy(&made.path("."), &alone.path("."));
        let without = said(&alone.run(subject.commands.last().unwrap()));
        Self { said: ran.iter().map(said).collect(), reports: reports(&used, subject.folder), without, made }
    }

    /// Damages one file, and says what went wrong with the commands that met it.
    fn damaged(&self, subject: &Subject, rng: &mut Rng) -> Result<(), String> {
        let huntc = Huntc::new_in_memory();
        copy(&self.made.path("."), &huntc.path("."));
        let files = files(&huntc.path(subject.folder));
        let files: Vec<&PathBuf> = files.iter().filter(|file| file.metadata().unwrap().len() > 0).collect();
        let file = files[rng.below(files.len())];
        let what = format!("{}: {}", file.strip_prefix(huntc.path(".")).unwrap().display(), damage(file, rng));
        let mut failed = false;
        for (line, right) in subject.commands.iter().zip(&self.said) {
            let ran = huntc.run(line);
            let said = said(&ran);
            let right = said == *right || (failed && said == self.without);
            if !right && !is_coded(&ran) {
                return Err(format!("{what}\n{}", ran.text()));
            }
            failed |= !right;
        }
        if failed {
            return Ok(());
        }
        let found = reports(&huntc, subject.folder);
        // An earlier report that was damaged stays so, until the next one takes its place.
        let other = self.reports.iter().find(|(name, text)| found.get(*name) != Some(text) && !file.ends_with(name));
        other.map_or(Ok(()), |(name, _)| Err(format!("{what}\nanother {}", name.display())))
    }
}

/// Whether a command failed with a code, and without a panic or a signal.
fn is_coded(ran: &Ran) -> bool {
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bK\d{4}\b").unwrap());
    let all = format!("{}{}", ran.stdout, ran.stderr);
    let failed = matches!(ran.code, Some(1..=4));
    failed && CODE.is_match(&all) && !all.contains("panicked") && !all.contains("K9")
}

#[test]
fn damaged_states_stores_and_reports() {
    let (cases, seed) = (setting("HUNTC_DAMAGE_CASES", QUICK), setting("HUNTC_DAMAGE_SEED", 1) as u64);
    let sound: Vec<Sound> = SUBJECTS.iter().map(Sound::of).collect();
    let (next, failures) = (std::sync::atomic::AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let case = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if case >= cases || failures.lock().unwrap().len() >= 20 {
                return;
            }
            // States and stores twice as often as reports.
            let subject = [0, 1, 0, 1, 2, 3][case % 6];
            let mut rng = Rng::new(seed ^ (case as u64) << 32);
            if let Err(failure) = sound[subject].damaged(&SUBJECTS[subject], &mut rng) {
                eprintln!("case {case} of seed {seed}: {failure}");
                failures.lock().unwrap().push(format!("case {case}: {failure}"));
            }
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {cases}:\n{}", failures.len(), failures.join("\n\n"));
}

/// A night that finds its state damaged names the copy to go back to, and the command that it names does so.
#[test]
fn a_damaged_state_is_put_back() {
    let huntc = place();
    for line in NIGHTS {
        assert_eq!(huntc.run(line).code, Some(0));
    }
    let state = huntc.path(".huntc-nightly/nightly.redb");
    let mut bytes = fs::read(&state).unwrap();
    bytes[10_000..14_000].fill(0xa5);
    fs::write(&state, &bytes).unwrap();
    let ran = huntc.run("nightly run hunts --at 2026-01-04T02:00:00Z");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    let command =
        Regex::new("go back to that copy: (.*)").unwrap().captures(&ran.stderr).unwrap_or_else(|| panic!("{}", ran.text()))[1]
            .to_owned();
    assert!(ran.stderr.contains("the copy made after the night 20260103T020000Z is whole"), "{}", ran.text());
    let shell = std::process::Command::new("sh").args(["-c", &command]).current_dir(huntc.path(".")).status().unwrap();
    assert!(shell.success(), "{command}");
    assert_eq!(fs::read(huntc.path(".huntc-nightly/nightly.redb.damaged")).unwrap(), bytes, "the damaged file is kept");
    let ran = huntc.run("nightly run hunts --at 2026-01-04T02:00:00Z");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(huntc.path("nightly/20260104T020000Z/nightly.json")).unwrap()).unwrap();
    assert_eq!(report["hunts"][0]["finding"]["new"].as_array().unwrap().len(), 1, "only what came since is new");
    // Without the file too: a night that began anew would tell everything again, or nothing.
    fs::remove_file(&state).unwrap();
    for line in ["nightly run hunts --at 2026-01-05T02:00:00Z", "nightly status"] {
        let ran = huntc.run(line);
        assert!(ran.stderr.contains("K0860") && ran.stderr.contains("cp .huntc-nightly/nightly-00003-"), "{}", ran.text());
    }
}
