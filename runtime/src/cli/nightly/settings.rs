//! The settings of a night: the command line wins over `[nightly]` in the configuration, and that over the defaults.

use super::args::{NightArgs, StateArgs};
use super::notifier;
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::interrupt;
use crate::config::{NightlySettings, nanoseconds};
use crate::nightly::discover::{HuntFile, folder_of};
use crate::nightly::model::{NightSettings, defaults};
use crate::nightly::suppress::Suppressions;
use crate::report::csv::CsvForm;
use huntc_compiler::diag::codes::nightly::UNKNOWN_HUNT;
use huntc_compiler::diag::{Diagnostic, suggest};
use huntc_compiler::time::Instant;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Hunts that run at the same time, when nothing is said.
const JOBS: usize = 4;

/// What the command needs to know about a night.
pub(super) struct NightPlan {
    pub settings: NightSettings,
    pub hunt_time: Option<Duration>,
    pub night_records: Option<u64>,
    pub fail_on_findings: bool,
    /// The table `[nightly]`.
    pub file: NightlySettings,
}

/// The folder of the state.
pub(super) fn state(args: &StateArgs, file: &NightlySettings) -> PathBuf {
    args.state.clone().or_else(|| file.state.clone()).unwrap_or_else(|| PathBuf::from(".huntc-nightly"))
}

/// The settings of a night. A faulty list of suppressions and a missing secret are reported before any source is asked.
pub(super) fn plan(args: &NightArgs, now: Instant, console: &mut Console) -> Result<NightPlan, ExitCode> {
    let file = console.config(&folder_of(&args.dir))?.nightly.clone();
    let quiet = suppressions(&args.dir, args.suppress.as_deref(), &file, console)?;
    let settings = NightSettings {
        state: state(&args.state, &file),
        out: args.out.clone().or_else(|| file.out.clone()).unwrap_or_else(|| PathBuf::from("nightly")),
        now,
        since: args.since.or(file.since).map_or(defaults::SINCE, nanoseconds),
        lag: args.lag.or(file.lag).map_or(defaults::LAG, nanoseconds),
        overlap: args.overlap.or(file.overlap).map(nanoseconds),
        again: args.again.or(file.again).map_or(defaults::AGAIN, nanoseconds),
        jobs: args.jobs.or(file.jobs).unwrap_or(JOBS),
        night_time: args.night_time.or(file.night_time),
        keep_reports: args.keep_reports.or(file.keep_reports).map_or(defaults::REPORTS, nanoseconds),
        keep_history: args.keep_history.or(file.keep_history).map_or(defaults::HISTORY, nanoseconds),
        csv: args.csv.form(CsvForm {
            raw: false,
            separator: file.csv_separator.unwrap_or(CsvForm::default().separator),
            bom: file.csv_bom.unwrap_or(false),
        }),
        quiet,
        notifier: notifier::notifier(args, &file, console)?,
        part: None,
        cancel: interrupt::flag(),
    };
    Ok(NightPlan {
        settings,
        hunt_time: args.hunt_time.or(file.hunt_time),
        night_records: args.night_records.or(file.night_records),
        fail_on_findings: args.fail_on_findings || file.fail_on_findings.unwrap_or(false),
        file,
    })
}

/// Refuses values for parameters of a hunt that is none of these, which are all.
pub(super) fn known_hunts(hunts: &[HuntFile], file: &NightlySettings, console: &Console) -> Result<(), ExitCode> {
    let names: Vec<String> = hunts.iter().map(|hunt| hunt.name.clone()).collect();
    let strangers = file.params.strangers(&names).map(|(name, span)| {
        let told = Diagnostic::new(&UNKNOWN_HUNT, span, format!("no hunt of the nights is named `{name}`")).label("no such hunt");
        match suggest::best(name, names.iter().map(String::as_str)) {
            Some(near) => told.help(format!("`{near}` is the nearest")),
            None => told.help("a hunt is named by its path below the folder of the huntflows"),
        }
    });
    let strangers: Vec<Diagnostic> = strangers.collect();
    console.usage(if strangers.is_empty() { Ok(()) } else { Err(strangers) })
}

/// The list of findings that are kept quiet: that of the flag, else of `[nightly]`, else the one beside the huntflows.
pub(super) fn suppressions(
    dir: &Path,
    flag: Option<&Path>,
    file: &NightlySettings,
    console: &mut Console,
) -> Result<Suppressions, ExitCode> {
    let list = flag.map(Path::to_path_buf).or_else(|| file.suppress.clone());
    let path = list.clone().unwrap_or_else(|| folder_of(dir).join("suppressions.toml"));
    Suppressions::read(&path, list.is_none()).map_err(|e| console.refuse(&e, &path.display().to_string(), ExitCode::Usage))
}
