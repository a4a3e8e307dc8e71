//! A hunt that runs alone keeps of a log file only the fields that it may ask for: its report is the same as where all are kept.

use crate::differential::{EACH, NAMES, NOW, batch, number, written};
use crate::oracle::shared;
use huntc_compiler::diag::codes::store::BAD_LINES;
use huntc_compiler::options::ProcessIdentity;
use huntc_compiler::time::Instant;
use huntc_runtime::report::model::{HuntReport, Status};
use huntc_runtime::session::{Refusal, RunContext, RunSettings, Session, SourcePool, run_hunt};
use std::path::PathBuf;
use std::time::Duration;

/// The report of a hunt, without times and without what its files were read like; none where it has errors.
fn report(text: &str, settings: &RunSettings, sources: &[String], pool: &SourcePool) -> Option<HuntReport> {
    // What a hunt saves lies beside it; each run has its own folder, so that no run loads what another one saved.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("h.hf");
    std::fs::write(&file, text).unwrap();
    let mut session = Session::new(None, sources.to_vec());
    let huntflow = session.load(&file.display().to_string(), settings).unwrap_or_else(|e| panic!("{e:?}"));
    let run = run_hunt(&session, &huntflow, settings, &RunContext::new(pool, String::new()));
    if run.refusal == Some(Refusal::Faulty) {
        return None;
    }
    let mut report = run.report;
    "h.hf".clone_into(&mut report.file);
    report.diagnostics.retain(|d| d.code != &BAD_LINES);
    if report.status == Status::Failed {
        // A source that no statement got to ask is open only where another hunt opened it.
        report.sources.clear();
    }
    report.elapsed = Duration::ZERO;
    report.variables.iter_mut().for_each(|variable| variable.elapsed = Duration::ZERO);
    report.nodes.iter_mut().for_each(|node| node.time = None);
    for request in &mut report.requests {
        request.elapsed = Duration::ZERO;
    }
    // A source that was not asked, since a statement before failed, is known only to a pool that other hunts share.
    let asked = |name: &str| report.requests.iter().any(|r| r.source.ends_with(&format!("//{name}")));
    let silent: Vec<bool> = report.sources.iter().map(|source| !asked(&source.name)).collect();
    for (source, _) in report.sources.iter_mut().zip(silent).filter(|(_, silent)| *silent) {
        source.records = None;
    }
    Some(report)
}

/// Runs hunts over files, each once with all fields and once with those that it needs; `place` is the file of a source.
/// Answers how many went well, and how many have hints.
fn compare(hunts: &[String], settings: &RunSettings, names: [&str; 2], place: &dyn Fn(&str) -> PathBuf) -> (usize, usize) {
    let sources = names.map(|name| format!("{name}={}", place(name).display()));
    let whole = SourcePool::shared();
    let (mut well, mut hints) = (0, 0);
    for (number, hunt) in hunts.iter().enumerate() {
        // Hints look at more fields than hunts do.
        let settings = RunSettings { keys: true, hints: number % 2 == 0, concurrency: Some(1), ..settings.clone() };
        let all = report(hunt, &settings, &sources, &whole);
        let needed = report(hunt, &settings, &sources, &SourcePool::of_one_hunt());
        let (all, some) = (format!("{all:#?}"), format!("{needed:#?}"));
        let difference = all.lines().zip(some.lines()).position(|(all, some)| all != some);
        let around = |text: &str| {
            let lines: Vec<&str> = text.lines().skip(difference.unwrap_or(0).saturating_sub(12)).take(24).collect();
            lines.join("\n")
        };
        assert_eq!(difference, None, "{hunt}\n{}\n--- with what it needs:\n{}", around(&all), around(&some));
        assert_eq!(all.len(), some.len(), "{hunt}");
        if let Some(report) = needed.filter(|r| r.status == Status::Ok) {
            well += 1;
            hints += usize::from(report.diagnostics.iter().any(|d| d.code.id.starts_with("K11")));
        }
    }
    (well, hints)
}

#[test]
fn random_hunts_need_no_more_than_they_say() {
    let (mut well, mut hints) = (0, 0);
    // `HUNTC_DIFFERENTIAL_HUNTS` and `…_SEED` as in the other random hunts, of which these are a third.
    let (hunts, first) = (number("HUNTC_DIFFERENTIAL_HUNTS", 2_000), number("HUNTC_DIFFERENTIAL_SEED", 1));
    let batches = hunts.div_ceil(3 * EACH as u64);
    for seed in 1_000 + first..1_000 + first + batches {
        let batch = batch(seed);
        let folder = tempfile::tempdir().unwrap();
        for (name, lines) in NAMES.iter().zip(&batch.documents) {
            std::fs::write(folder.path().join(name), lines.join("\n")).unwrap();
        }
        let identities = [ProcessIdentity::Auto, ProcessIdentity::EntityId, ProcessIdentity::Ladder];
        let process_identity = identities[seed as usize % identities.len()];
        let settings = RunSettings { process_identity, ..RunSettings::at(Instant(NOW)) };
        let hunts: Vec<String> = batch.hunts.iter().map(|statements| statements.join("\n")).collect();
        let (w, h) = compare(&hunts, &settings, NAMES, &|name| folder.path().join(name));
        (well, hints) = (well + w, hints + h);
    }
    let all = batches as usize * EACH;
    assert!(well * 2 > all && hints * 20 > all, "of {all} hunts {well} went well, {hints} have hints");
}

#[test]
fn written_hunts_need_no_more_than_they_say() {
    let Some(folder) = shared::folder() else { return };
    for (data, hunts) in written() {
        // Each reads the telemetry anew: some of them say enough.
        let hunts: Vec<String> = hunts.into_iter().step_by(3).map(|hunt| hunt.text).collect();
        let settings = RunSettings::at(Instant(NOW));
        let (well, _) = compare(&hunts, &settings, ["s", "s2"], &|_| folder.join("data").join(&data));
        assert!(well * 2 > hunts.len(), "{data}: only {well} of {} went well", hunts.len());
    }
}
