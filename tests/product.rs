//! The product under test: hunts run by the binary, their figures read from its report.

use crate::oracle::apply::{LOOKUPS, Lookup};
use crate::oracle::report::outcome_of;
use crate::oracle::{Mode, Options, Outcome};
use huntc_compiler::diag::Severity;
use huntc_compiler::options::{AnalyticProfile, SourceProfile};
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the binary says of one hunt: its figures, or why it has none.
pub(crate) type Verdict = Result<Outcome, String>;

/// The binary under test: `HUNTC_TEST_BINARY`, else the one that was built beside the tests.
fn binary() -> Command {
    Command::new(std::env::var_os("HUNTC_TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_huntc").into()))
}

/// Whether sources count equal records instead of giving each.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counting {
    /// Wherever that is exact, whatever it costs.
    Always,
    /// Where that seems cheaper, which it does for no hunt of the tests.
    Seldom,
    /// `--no-agg`
    Never,
}

/// What came of hunts.
pub(crate) struct Ran {
    pub(crate) verdicts: Vec<Verdict>,
    /// Requests that sources answered by counting.
    pub(crate) counted: usize,
}

/// Runs hunts over sources in one process, in order. Half of the runs let the sources count.
pub(crate) fn run(sources: &[(String, String)], hunts: &[String], options: Options) -> Vec<Verdict> {
    let even = hunts.iter().map(String::len).sum::<usize>().is_multiple_of(2);
    run_counting(sources, hunts, options, if even { Counting::Always } else { Counting::Seldom }).verdicts
}

/// Runs hunts over sources in one process, in order.
pub(crate) fn run_counting(sources: &[(String, String)], hunts: &[String], options: Options, counting: Counting) -> Ran {
    run_flagged(sources, hunts, options, counting, &[])
}

/// As [`run_counting`], with further flags.
pub(crate) fn run_flagged(
    sources: &[(String, String)],
    hunts: &[String],
    options: Options,
    counting: Counting,
    flags: &[String],
) -> Ran {
    let place = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = (0..hunts.len()).map(|i| place.path().join(format!("{i}.hf"))).collect();
    for (file, text) in files.iter().zip(hunts) {
        std::fs::write(file, text).unwrap();
    }
    configure(place.path(), if matches!(counting, Counting::Always) { 0 } else { 1_000_000_000 });
    let report = place.path().join("report");
    let mut command = binary();
    command.arg("run").args(&files).args(["--keys", "--quiet", "--out"]).arg(&report).args(flags).current_dir(place.path());
    if matches!(counting, Counting::Never) {
        command.arg("--no-agg");
    }
    for (name, uri) in sources {
        command.arg("--source").arg(format!("{name}={uri}"));
    }
    if options.now > 0 {
        let now = jiff::Timestamp::from_nanosecond(i128::from(options.now)).unwrap();
        command.arg("--at").arg(now.to_string());
    }
    if let Some(nanos) = options.window {
        command.arg("--window").arg(format!("{}s", nanos / 1_000_000_000));
    }
    if options.ignore_case {
        command.arg("--ignore-case");
    }
    if let Some(mode) = options.identity {
        command.arg("--process-identity").arg(match mode {
            Mode::EntityId => "entity-id",
            Mode::Ladder => "ladder",
        });
    }
    let done = command.output().unwrap();
    let told = || format!("{}\n{}", done.status, String::from_utf8_lossy(&done.stderr));
    let Ok(text) = std::fs::read_to_string(report.join("report.json")) else {
        return Ran { verdicts: hunts.iter().map(|_| Err(format!("no report: {}", told()))).collect(), counted: 0 };
    };
    let all: Json = serde_json::from_str(&text).unwrap();
    let reports = all["hunts"].as_array().cloned().unwrap_or_default();
    assert_eq!(reports.len(), hunts.len(), "a report for each hunt: {}", told());
    let requests = |hunt: &Json| hunt["requests"].as_array().cloned().unwrap_or_default();
    let counted = reports.iter().flat_map(requests).filter(|request| request.get("tuples").is_some()).count();
    Ran { verdicts: reports.iter().map(verdict).collect(), counted }
}

/// Writes the look-up tables of the oracle, and a configuration that binds them. From so many records on sources count equal
/// ones.
fn configure(folder: &Path, aggregate_from: u64) {
    let mut configuration = format!("[run]\naggregate_from = {aggregate_from}\n\n");
    for (number, lookup) in LOOKUPS.iter().enumerate() {
        let table = format!("table{number}.csv");
        std::fs::write(folder.join(&table), lookup.csv()).unwrap();
        configuration.push_str(&lookup.binding(&table));
    }
    std::fs::write(folder.join("huntc.toml"), configuration).unwrap();
}

fn verdict(report: &Json) -> Verdict {
    if report["status"] == "ok" && report["complete"] == true {
        return Ok(outcome_of(report));
    }
    let errors = report["diagnostics"].as_array().cloned().unwrap_or_default();
    let errors = errors.iter().filter(|d| d["severity"] == "error").map(Json::to_string);
    Err(format!("{} {}", report["status"], errors.collect::<Vec<_>>().join("\n")))
}

/// Makes a store of a file of records, or adds them to it.
pub(crate) fn ingest(path: &Path, store: &Path) {
    let mut command = binary();
    let done = command.arg("ingest").arg(path).arg("--store").arg(store).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Writes what the readers see of a file.
pub(crate) fn convert(path: &Path, to: &Path, flags: &[String]) {
    let done = binary().arg("convert").arg(path).arg("--to").arg(to).args(flags).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Whether the compiler takes a hunt, without running it; `names` are the sources it may name.
pub(crate) fn check(text: &str, names: &[&str]) -> Result<(), String> {
    let profile =
        |name: &&str| SourceProfile { name: (*name).to_owned(), cluster: None, default_window: None, like_case_sensitive: false };
    let mut options = huntc_compiler::options::Options::at(Instant(0));
    options.sources = names.iter().map(profile).collect();
    let analytic =
        |l: &Lookup| AnalyticProfile { uri: l.uri.to_owned(), outputs: Some(l.outputs.iter().map(|o| (*o).to_owned()).collect()) };
    options.analytics = LOOKUPS.iter().map(analytic).collect();
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunt.hf", text);
    let compiled = huntc_compiler::compile::compile(&sources, id, huntc_compiler::catalog::Catalog::builtin(), &options);
    let errors = compiled.diagnostics.into_iter().filter(|d| d.severity == Severity::Error);
    let told: Vec<String> = errors.map(|d| format!("{} {} at `{}`", d.code.id, d.message, sources.text(d.primary.span))).collect();
    if told.is_empty() { Ok(()) } else { Err(told.join("\n")) }
}
