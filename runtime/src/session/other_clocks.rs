//! The warning about log files whose Windows events were logged by another clock than UTC.

use crate::report::sanitize::terminal;
use crate::source::logs::{ClockFault, LogTimeOffset, ReadReport};
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::store::LOG_CLOCK;
use huntc_compiler::source::Span;

/// The most files that it names.
const NAMED: usize = 3;

/// What is wrong with the clocks of the files of a source, or of a command's without one, and what sets them right.
pub(crate) fn other_clocks(report: &ReadReport, source: Option<&str>, span: Span) -> Option<Diagnostic> {
    let first = report.clocks.first()?;
    let name = source.map_or_else(|| "the logs".to_owned(), |source| format!("`{source}`"));
    let warning = Diagnostic::new(&LOG_CLOCK, span, format!("Windows events of {name} were logged by a clock that is not UTC"));
    let same = report.clocks.iter().all(|clock| clock.right == first.right) && report.clocks.len() as u64 == report.clocks_total;
    let note = |clock: &ClockFault| {
        let own = clock.right.filter(|_| !same).map(|right| format!("; `{right}` sets it right"));
        terminal(&format!("{clock}{}", own.unwrap_or_default())).into_owned()
    };
    let warning = report.clocks.iter().take(NAMED).fold(warning, |warning, clock| warning.note(note(clock)));
    let more = report.clocks_total.saturating_sub(NAMED as u64);
    let warning = if more > 0 { warning.note(format!("and {more} more files")) } else { warning };
    let warning = match report.clocks.iter().find(|clock| clock.right.is_some() && !clock.covered) {
        Some(_) => warning.note("some events lie outside of the time of Sysmon's by more than an hour: their clock may be another"),
        None => warning,
    };
    Some(match first.right {
        Some(right) if same => warning.help(way_out(source, right)),
        _ if report.clocks.iter().any(|clock| clock.halves) => warning.help(
            "its clock of twelve hours passed noon or midnight, so no offset sets all of it right: export it again with \
             `$_.TimeCreated.ToUniversalTime().ToString('o')`",
        ),
        Some(_) => warning.help("bind files of different clocks as sources of their own, each with its `log_time_offset`"),
        None => warning.help("no offset sets all of it right: look for events by Sysmon's, or export it again in UTC"),
    })
}

/// What to write; it can be pasted.
fn way_out(source: Option<&str>, right: LogTimeOffset) -> String {
    let Some(name) = source else { return format!("`--log-time-offset={right}` sets it right") };
    if name.contains('/') {
        return format!("bind the file to a name, and ask that: `--source lab=FILE --log-time-offset lab={right}`");
    }
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let key = if bare { name.to_owned() } else { format!("\"{name}\"") };
    format!("`--log-time-offset {name}={right}`, or `log_time_offset = \"{right}\"` under `[sources.{key}]` in huntc.toml")
}
