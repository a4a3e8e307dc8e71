//! What a hunter meets at the edges: files that are no logs, seams, parts of answers, hosts, cases, duplicates. Each file in
//! `cases/edges/` sets a scene, gives a command line, its exit status, and the sentences that the user reads.
//!
//! A case may leave out `hunt.hf`: then it is [`HUNT`].

mod make;

use crate::support::cli::Huntc;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The hunt of cases that name none.
const HUNT: &str = "p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe' \
    START t'2020-10-22T00:00:00Z' STOP t'2020-10-23T00:00:00Z'\nDISP p ATTR host.name, name, pid\n";

/// A case as its file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edge {
    #[serde(skip)]
    name: String,
    /// The command line behind `huntc`.
    run: String,
    /// The exit status.
    exit: i32,
    /// What the output says, with runs of blanks as one.
    says: Vec<String>,
    /// What it does not say.
    #[serde(default)]
    silent: Vec<String>,
    /// Command lines that come before, and succeed.
    #[serde(default)]
    before: Vec<String>,
    /// Files as they are.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Files of records, one a line: `06:55:01 host.name=ws1 process.pid=10`, on 2020-10-22.
    #[serde(default)]
    logs: BTreeMap<String, String>,
    /// Files made of those and of each other in the order of their names, part by part: `gzip a.ndjson`, see [`make::part`].
    #[serde(default)]
    make: BTreeMap<String, Vec<String>>,
}

impl Edge {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let case: Self = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(text.starts_with("# "), "{} does not say what it is about", path.display());
        assert!(!case.says.is_empty() || !case.silent.is_empty(), "{} asserts nothing that is said", path.display());
        Self { name: path.file_stem().unwrap().to_string_lossy().into_owned(), ..case }
    }

    /// Runs it; the text says what is wrong.
    fn run(&self) -> String {
        let mut huntc = Huntc::new().file("hunt.hf", HUNT);
        for (name, text) in &self.files {
            huntc = huntc.file(name, text);
        }
        for (name, text) in &self.logs {
            huntc = huntc.file(name, make::records(text));
        }
        for (name, parts) in &self.make {
            make::file(&huntc, name, parts);
        }
        for line in &self.before {
            let ran = huntc.run(line);
            assert_eq!(ran.code, Some(0), "{}: {}", self.name, ran.text());
        }
        let ran = huntc.run(&self.run);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        let said: Vec<String> = said.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let said = said.join("\n");
        let mut wrong = String::new();
        if ran.code != Some(self.exit) {
            let _ = writeln!(wrong, "exit {:?}, not {}", ran.code, self.exit);
        }
        for sentence in self.says.iter().filter(|sentence| !said.contains(sentence.as_str())) {
            let _ = writeln!(wrong, "it does not say: {sentence}");
        }
        for sentence in self.silent.iter().filter(|sentence| said.contains(sentence.as_str())) {
            let _ = writeln!(wrong, "it says: {sentence}");
        }
        if !wrong.is_empty() {
            wrong.push_str(&ran.text());
        }
        wrong
    }
}

#[test]
fn each_edge_says_what_its_case_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/edges");
    let mut cases: Vec<Edge> = fs::read_dir(root).unwrap().map(|entry| Edge::read(&entry.unwrap().path())).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(String::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let wrong = case.run();
                    if !wrong.is_empty() {
                        let _ = writeln!(faults.lock().unwrap(), "== {}\n{wrong}", case.name);
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{faults}");
    assert!(cases.len() >= 80, "{} cases", cases.len());
}
