//! A hunt that runs alone keeps of a log file only the fields that it may ask for: its report is the same as where all are kept.

use crate::differential::{EACH, NAMES, NOW, batch, number, written};
use crate::oracle::shared;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::compile;
use huntc_compiler::options::{Options, ProcessIdentity};
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use huntc_runtime::exec::{self, Job, RunOptions};
use huntc_runtime::report::model::{HuntReport, Status};
use huntc_runtime::source::store::Store;
use huntc_runtime::source::{DataSource, Fields, SourceError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

type Opened = Result<Arc<dyn DataSource>, SourceError>;

fn open(path: &Path, fields: Fields) -> Opened {
    Ok(Arc::new(Store::from_paths_with(&[path.to_owned()], fields)?.0))
}

/// The report of a hunt, without times. `open` opens the source of a name.
fn report(
    text: &str,
    options: &Options,
    hints: bool,
    open: &(dyn Fn(&str, &dyn Fn() -> Fields) -> Opened + Sync),
) -> Option<HuntReport> {
    let mut sources = SourceSet::default();
    let id = sources.add_text("h.hf", text);
    let catalog = Catalog::builtin();
    let compiled = compile(&sources, id, catalog, options).compiled?;
    // What a hunt saves lies there; each run has its own, so that no run loads what another one saved.
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_owned();
    let job = Job {
        file: "h.hf".to_owned(),
        plan: &compiled.plan,
        requests: &compiled.requests,
        request_of: &|id, node| compiled.request_of(catalog, id, node),
        catalog,
        diagnostics: Vec::new(),
        folder: place,
    };
    let mut report = exec::run(job, &RunOptions { keys: true, hints, ..RunOptions::new(open) });
    report.elapsed = Duration::ZERO;
    report.variables.iter_mut().for_each(|variable| variable.elapsed = Duration::ZERO);
    for request in &mut report.requests {
        request.elapsed = Duration::ZERO;
    }
    Some(report)
}

/// Runs hunts over files, each once with all fields and once with those that it needs; `place` is the file of a source.
/// Answers how many went well, and how many have hints.
fn compare(hunts: &[String], options: &Options, names: [&str; 2], place: &(dyn Fn(&str) -> PathBuf + Sync)) -> (usize, usize) {
    let whole: Vec<Opened> = names.iter().map(|name| open(&place(name), Fields::All)).collect();
    let (mut well, mut hints) = (0, 0);
    for (number, hunt) in hunts.iter().enumerate() {
        // Hints look at more fields than hunts do.
        let hinted = number % 2 == 0;
        let all = report(hunt, options, hinted, &|name, _| {
            names.iter().position(|n| *n == name).map_or_else(|| whole[0].clone(), |at| whole[at].clone())
        });
        let needed = report(hunt, options, hinted, &|name, needs| {
            let needs = needs();
            assert!(matches!(needs, Fields::These(_)));
            open(&place(name), needs)
        });
        let (all, some) = (format!("{all:#?}"), format!("{needed:#?}"));
        let difference = all.lines().zip(some.lines()).find(|(all, some)| all != some);
        assert_eq!(difference, None, "{hunt}");
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
        let options = Options { process_identity, ..Options::at(Instant(NOW)) };
        let hunts: Vec<String> = batch.hunts.iter().map(|statements| statements.join("\n")).collect();
        let (w, h) = compare(&hunts, &options, NAMES, &|name| folder.path().join(name));
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
        let options = Options::at(Instant(NOW));
        let (well, _) = compare(&hunts, &options, ["s", "s2"], &|_| folder.join("data").join(&data));
        assert!(well * 2 > hunts.len(), "{data}: only {well} of {} went well", hunts.len());
    }
}
