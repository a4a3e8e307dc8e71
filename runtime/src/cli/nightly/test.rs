//! `huntc nightly test`: hunts over the records of their tests.

use super::args::NightTestArgs;
use crate::cli::args::SourceArgs;
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::terminal::Terminal;
use crate::nightly::discover::{self, HuntFile, folder_of};
use crate::nightly::engine::{Engine, Hunter};
use crate::nightly::test_hunt::{self, Difference, HuntTest};
use crate::report::model::Status;
use crate::report::sanitize::terminal as safe;
use crate::report::text::count;
use crate::session::RunSettings;
use crate::source::SourceError;
use huntc_compiler::compile::Compilation;
use huntc_compiler::diag::codes::nightly::BAD_HUNT_TEST;
use huntc_compiler::time::TimeRange;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// What became of a test.
enum Verdict {
    /// As expected: the number of findings.
    Same(usize),
    /// `expected.csv` was written, with so many findings.
    Written(usize),
    Different(Difference),
    /// The hunt has errors.
    Faulty,
    /// The hunt failed at run time.
    Failed,
    /// The test itself has a fault.
    Unusable,
}

pub(super) fn run(args: &NightTestArgs, terminal: Terminal) -> ExitCode {
    let mut console = Console::new(terminal, &args.config, &SourceArgs::default());
    match test_all(args, &mut console) {
        Ok(code) | Err(code) => code,
    }
}

fn test_all(args: &NightTestArgs, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let settings = args.hunt.settings();
    console.check_lints(&settings)?;
    let file = console.config(&folder_of(&args.dir))?.nightly.clone();
    let without: Vec<_> = [&file.state, &file.out].into_iter().flatten().map(PathBuf::as_path).collect();
    let named = args.dir.display().to_string();
    let all = discover::huntflows(&args.dir, &without).map_err(|e| console.refuse(&e, &named, ExitCode::Usage))?;
    let mut code = ExitCode::Ok;
    if args.dir.is_dir() {
        for folder in test_hunt::orphans(&all) {
            code = code.worst(console.refuse(&test_hunt::orphaned(&folder), &folder.display().to_string(), ExitCode::Usage));
        }
    }
    let hunts = discover::select(all, &args.only).map_err(|e| console.refuse(&e, &args.only.join(" "), ExitCode::Usage))?;
    let huntflows = hunts.iter().map(|hunt| console.load(&hunt.path.display().to_string(), &settings));
    let huntflows = huntflows.collect::<Result<Vec<_>, _>>()?;
    console.check_parameters(&huntflows, !args.only.is_empty() || args.dir.is_file())?;
    let (mut good, mut bad, mut without) = (0, 0, Vec::new());
    for hunt in &hunts {
        let Some(test) = test_hunt::of(hunt) else {
            without.push(hunt.name.as_str());
            continue;
        };
        let verdict = test_one(args, &settings, hunt, &test, console.terminal);
        console.terminal.show(&line(&hunt.name, &verdict));
        let ended = match verdict {
            Verdict::Same(_) | Verdict::Written(_) => ExitCode::Ok,
            Verdict::Different(_) | Verdict::Faulty => ExitCode::HuntErrors,
            Verdict::Failed => ExitCode::Failed,
            Verdict::Unusable => ExitCode::Usage,
        };
        *(if ended == ExitCode::Ok { &mut good } else { &mut bad }) += 1;
        code = code.worst(ended);
    }
    if good + bad == 0 {
        let none = SourceError::new(&BAD_HUNT_TEST, "no hunt has a test")
            .help("make the folder `HUNT.test` beside `HUNT.hf` with `records.ndjson`, and run this with `--update`");
        return Ok(console.refuse(&none, &named, ExitCode::Usage));
    }
    let what = if args.update { "written" } else { "as expected" };
    console.terminal.show(&format!(
        "{}: {good} {what}, {bad} not, {} without a test\n",
        count(hunts.len() as u64, "hunt"),
        without.len()
    ));
    for name in without {
        console.terminal.show(&format!("without a test: {}\n", safe(name)));
    }
    Ok(code)
}

fn line(name: &str, verdict: &Verdict) -> String {
    let findings = |n: usize| count(n as u64, "finding");
    let name = safe(name);
    match verdict {
        Verdict::Same(n) => format!("{name}: ok, {}\n", findings(*n)),
        Verdict::Written(n) => format!("{name}: written, {}\n", findings(*n)),
        Verdict::Different(difference) => format!("{name}: DIFFERENT\n{}", difference.text()),
        Verdict::Faulty => format!("{name}: HAS ERRORS\n"),
        Verdict::Failed => format!("{name}: FAILED\n"),
        Verdict::Unusable => format!("{name}: NO USABLE TEST\n"),
    }
}

/// Runs one hunt over the records of its test. Problems are shown at once.
fn test_one(args: &NightTestArgs, settings: &RunSettings, hunt: &HuntFile, test: &HuntTest, terminal: Terminal) -> Verdict {
    let file = hunt.path.display().to_string();
    let mut first = Console::new(terminal, &args.config, &SourceArgs::default());
    let Some(sources) = sources(&mut first, hunt, settings) else { return Verdict::Faulty };
    let refused = |console: &mut Console, error: &SourceError| {
        console.refuse(error, &file, ExitCode::Usage);
        Verdict::Unusable
    };
    let files = match sources.iter().map(|name| Ok((name, test.records_of(name)?))).collect::<Result<Vec<_>, SourceError>>() {
        Ok(files) => files,
        Err(error) => return refused(&mut first, &error),
    };
    let window = match HuntTest::window(&files.iter().map(|(_, path)| path.clone()).collect()) {
        Ok(window) => window,
        Err(error) => return refused(&mut first, &error),
    };
    // Every source of the hunt is bound to a file of the test, so nothing is sent.
    let flags = files.iter().map(|(name, path)| format!("{name}={}", path.display())).collect();
    let mut console = Console::new(terminal, &args.config, &SourceArgs { sources: flags, ..SourceArgs::default() });
    let settings = RunSettings { now: window.stop, ..settings.clone() };
    let Ok(mut huntflow) = console.load(&file, &settings) else { return Verdict::Unusable };
    huntflow.configure(huntflow.config.nightly.params.of(&hunt.name));
    let look = Hunter::new(&console.session, vec![huntflow], settings, &Arc::default(), None).look(0, window, &[], None);
    // Records that cannot be read are no test of anything.
    if look.report.status != Status::Ok || !look.report.complete {
        console.show(&look.report.diagnostics);
        return if look.report.status == Status::Error { Verdict::Faulty } else { Verdict::Failed };
    }
    let found = look.found.unwrap_or_default();
    let judged = test.expected().and_then(|expected| match expected {
        _ if args.update => {
            test.update(&found, expected.as_ref().map(|table| table.columns.as_slice()))?;
            Ok(Verdict::Written(found.entities.len()))
        }
        Some(expected) => {
            let difference = test.compare(&expected, &found)?;
            Ok(if difference.is_none() { Verdict::Same(found.entities.len()) } else { Verdict::Different(difference) })
        }
        None => Err(SourceError::new(&BAD_HUNT_TEST, format!("the test of `{}` has no `expected.csv`", hunt.name))
            .help(format!("`huntc nightly test {file} --update` writes what it finds now; read it before you keep it"))),
    });
    judged.unwrap_or_else(|error| refused(&mut console, &error))
}

/// The names of the sources that a hunt asks; `None` when it has errors, which are shown.
fn sources(console: &mut Console, hunt: &HuntFile, settings: &RunSettings) -> Option<BTreeSet<String>> {
    let mut huntflow = console.load(&hunt.path.display().to_string(), settings).ok()?;
    huntflow.configure(huntflow.config.nightly.params.of(&hunt.name));
    let any = TimeRange::new(settings.now, settings.now.plus(1));
    match console.session.compile(&huntflow, settings, Some(any)) {
        Ok(Compilation { compiled: Some(compiled), .. }) => {
            // A hunt that names its file asks that.
            let bound = compiled.plan.sources.iter().filter(|s| !s.uri.starts_with("file://"));
            Some(bound.map(|s| s.name.clone()).collect())
        }
        Ok(Compilation { diagnostics, .. }) => {
            console.show(&diagnostics);
            None
        }
        Err(problem) => {
            console.show(&[*problem]);
            None
        }
    }
}
