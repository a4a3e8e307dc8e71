//! `huntc nightly`: scheduled hunts.

mod args;
mod check;
mod install;
mod notifier;
mod print;
mod settings;
mod test;

pub(super) use args::NightlyArgs;

use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::nightly::discover::{self, HuntFile};
use crate::nightly::engine::Hunter;
use crate::nightly::model::{HuntStatus, Night, NightSettings};
use crate::nightly::night;
use crate::nightly::output::{SUMMARY_PAGE, sarif, summary};
use crate::nightly::preview::{self, Previews};
use crate::nightly::step::Stop;
use crate::report::model::Status;
use crate::report::text::count;
use crate::session::{RunSettings, input};
use args::{NightArgs, NightCommand, NightFormat};
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::{CERTIFICATE_NOT_CHECKED, SECRET_IN_CLEAR, SECRET_ON_COMMAND_LINE};
use std::collections::BTreeSet;

/// Nodes of a hunt that are computed at the same time, unless configured.
const CONCURRENCY: usize = 4;

pub(super) fn run(args: &NightlyArgs, terminal: Terminal) -> ExitCode {
    match &args.command {
        NightCommand::Run(args) => {
            let mut console = Console::new(terminal, &args.config, &args.sources);
            match run_night(args, &mut console) {
                Ok(code) | Err(code) => code,
            }
        }
        NightCommand::Check(args) => check::run(args, terminal),
        NightCommand::Test(args) => test::run(args, terminal),
        NightCommand::Status(args) => print::status(args, terminal),
        NightCommand::History(args) => print::history(args, terminal),
        NightCommand::Install(args) => install::install(args, terminal),
    }
}

fn run_night(args: &NightArgs, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let hunt_settings = args.hunt.settings();
    console.check_lints(&hunt_settings)?;
    let plan = settings::plan(args, hunt_settings.now, console)?;
    let mut settings = plan.settings;
    let cautions = notifier::cautions(args, settings.notifier.webhook.as_ref(), console);
    let levels = console.config(&discover::folder_of(&args.dir))?.lint_levels(&hunt_settings.lints);
    console.caution(cautions, levels)?;
    let files = chosen(args, &mut settings, console)?;
    if settings.part.is_none() {
        settings::known_hunts(&files, &plan.file, console)?;
    }
    // Several hunts run at the same time, and none of them may fill a server's queue.
    let hunt_settings = RunSettings {
        concurrency: Some(CONCURRENCY),
        timeout: plan.hunt_time,
        max_memory: args.budget.max_memory,
        aggregate: !args.budget.no_agg,
        ..hunt_settings
    };
    let mut hunts = Vec::with_capacity(files.len());
    for file in &files {
        // A wrong configuration ends the night before anything is sent.
        console.config(&input::folder(&file.path.display().to_string()))?;
        let mut huntflow = console.load(&file.path.display().to_string(), &hunt_settings)?;
        settings.quiet.attach(&file.name, &mut huntflow, &mut console.session);
        huntflow.configure(plan.file.params.of(&file.name));
        hunts.push(huntflow);
    }
    console.check_parameters(&hunts, settings.part.is_some())?;
    let hunter = Hunter::new(&console.session, hunts, hunt_settings, &settings.cancel, plan.night_records);
    if args.dry_run {
        let previews = preview::preview(&settings, &files, &hunter);
        return dry_run(&settings, previews, console);
    }
    match night::run(&settings, &files, &hunter, &|_| Ok(())) {
        Ok(night) => Ok(print_night(args, plan.fail_on_findings, &night, console)),
        Err(Stop::Problem(error)) => Err(console.refuse(&error, &settings.state.display().to_string(), ExitCode::Failed)),
        Err(Stop::Killed) => Err(ExitCode::Interrupted),
    }
}

/// What must be known of the sources on every run, once for each source. Hunts that went well show nothing else.
fn cautions(night: &Night) -> Vec<Diagnostic> {
    let caution = |d: &&Diagnostic| [&SECRET_ON_COMMAND_LINE, &SECRET_IN_CLEAR, &CERTIFICATE_NOT_CHECKED].contains(&d.code);
    let well = night.run.hunts.iter().filter(|report| report.status == Status::Ok);
    let mut told: Vec<Diagnostic> = Vec::new();
    for diagnostic in well.flat_map(|report| &report.diagnostics).filter(caution) {
        if !told.iter().any(|known| known.message == diagnostic.message) {
            told.push(diagnostic.clone());
        }
    }
    told
}

/// The huntflows to run. Notes in the settings when they are a part of the folder.
fn chosen(args: &NightArgs, settings: &mut NightSettings, console: &mut Console) -> Result<Vec<HuntFile>, ExitCode> {
    let files = discover::huntflows(&args.dir, &[&settings.state, &settings.out])
        .map_err(|e| console.refuse(&e, &args.dir.display().to_string(), ExitCode::Usage))?;
    let all = files.len() as u64;
    let files = discover::select(files, &args.only).map_err(|e| console.refuse(&e, &args.only.join(" "), ExitCode::Usage))?;
    settings.part = match files.len() as u64 {
        chosen if chosen < all => Some(format!("{chosen} of {}", count(all, "hunt"))),
        _ if args.dir.is_file() => Some("one huntflow".to_owned()),
        _ => None,
    };
    Ok(files)
}

/// Shows what the night would do.
fn dry_run(settings: &NightSettings, previews: Previews, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let (previews, notice) = previews.map_err(|e| console.refuse(&e, &settings.state.display().to_string(), ExitCode::Usage))?;
    let mut code = ExitCode::Ok;
    for broken in previews.iter().filter_map(|p| p.survey.broken.as_ref()) {
        console.show(&broken.diagnostics);
        code = ExitCode::HuntErrors;
    }
    console.terminal.show(&preview::text(settings, &previews, notice.as_deref()));
    Ok(code)
}

/// Prints what a night tells. Returns its exit status.
fn print_night(args: &NightArgs, fail_on_findings: bool, night: &Night, console: &mut Console) -> ExitCode {
    console.session.texts = night.run.sources.clone();
    console.show(&cautions(night));
    // What stops many hunts is shown at the first one.
    let mut shown = BTreeSet::new();
    for report in night.run.hunts.iter().filter(|report| report.status != Status::Ok) {
        let new = |d: &&Diagnostic| shown.insert((d.code.id, d.message.clone()));
        let diagnostics: Vec<Diagnostic> = report.diagnostics.iter().filter(new).cloned().collect();
        console.show(&diagnostics);
    }
    if args.quiet || args.format == NightFormat::Sarif {
        for problem in &night.undelivered {
            console.terminal.err(&format!("warning: {}\n", crate::report::sanitize::terminal(problem)));
        }
    } else {
        console.terminal.show(&summary(night));
        let page = night.folder.join(SUMMARY_PAGE).display().to_string();
        console.terminal.show(&format!("\nreport: {}\n", crate::report::sanitize::terminal(&page)));
    }
    if !args.quiet && args.format == NightFormat::Sarif {
        console.terminal.out(&sarif(night));
    }
    let delivered = if night.undelivered.is_empty() { ExitCode::Ok } else { ExitCode::Failed };
    night.hunts.iter().fold(delivered, |code, hunt| {
        code.worst(match hunt.status {
            HuntStatus::Ok | HuntStatus::Removed if fail_on_findings && hunt.news.told_count() > 0 => ExitCode::Findings,
            HuntStatus::Ok | HuntStatus::Removed => ExitCode::Ok,
            HuntStatus::Failed | HuntStatus::Skipped => ExitCode::Failed,
            HuntStatus::Error => ExitCode::HuntErrors,
            HuntStatus::Partial | HuntStatus::Behind | HuntStatus::Silent => ExitCode::Partial,
            HuntStatus::Interrupted => ExitCode::Interrupted,
        })
    })
}
