//! The table `[nightly]`: options of `huntc nightly run` for scheduled jobs. Flags win over them.

use super::parameters::{self, NightlyParameters};
use super::reader::{Document, TomlTable};
use super::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

const KEYS: [&str; 25] = [
    "state",
    "out",
    "since",
    "lag",
    "overlap",
    "again",
    "jobs",
    "hunt_time",
    "night_time",
    "night_records",
    "suppress",
    "csv_separator",
    "csv_bom",
    "keep_reports",
    "keep_history",
    "fail_on_findings",
    "notify",
    "notify_environment",
    "webhook",
    "webhook_format",
    "webhook_template",
    "mail",
    "mail_from",
    "mail_command",
    "params",
];

/// The forms in which a webhook can be told, beside templates.
pub const WEBHOOK_FORMATS: [&str; 3] = ["json", "slack", "teams"];

/// The separator of cells that a word names.
pub fn csv_separator(word: &str) -> Option<u8> {
    match word {
        "," | ";" | "|" => word.bytes().next(),
        "tab" => Some(b'\t'),
        _ => None,
    }
}

/// The options in `[nightly]`; those that are not there are `None`.
#[derive(Clone, Debug, Default)]
pub struct NightlySettings {
    /// Folder of the state.
    pub state: Option<PathBuf>,
    /// Folder of the reports.
    pub out: Option<PathBuf>,
    /// How far the first window of a hunt goes back.
    pub since: Option<Duration>,
    /// How late records may reach the sources.
    pub lag: Option<Duration>,
    /// How far a window reaches back into the previous one.
    pub overlap: Option<Duration>,
    /// How long a finding is absent before it is told again.
    pub again: Option<Duration>,
    /// The most hunts at the same time.
    pub jobs: Option<usize>,
    /// The longest time for one window of one hunt.
    pub hunt_time: Option<Duration>,
    /// The longest time for all hunts.
    pub night_time: Option<Duration>,
    /// The most records that all hunts together may read.
    pub night_records: Option<u64>,
    /// The file with the findings that are not reported as new.
    pub suppress: Option<PathBuf>,
    /// What stands between the cells of CSV files.
    pub csv_separator: Option<u8>,
    /// Whether CSV files begin with a byte-order mark.
    pub csv_bom: Option<bool>,
    /// How long reports are kept.
    pub keep_reports: Option<Duration>,
    /// How long findings are remembered.
    pub keep_history: Option<Duration>,
    /// Whether new findings change the exit status.
    pub fail_on_findings: Option<bool>,
    /// A shell command that gets new findings; it may contain a secret.
    pub notify: Option<Secret>,
    /// The variables that the command inherits beside those of every command.
    pub notify_environment: Vec<String>,
    /// An address that gets new findings; it may contain a secret.
    pub webhook: Option<Secret>,
    /// One of [`WEBHOOK_FORMATS`].
    pub webhook_format: Option<String>,
    /// A template of what is posted.
    pub webhook_template: Option<PathBuf>,
    /// Addresses that get mails.
    pub mail: Vec<String>,
    /// The sender of mails.
    pub mail_from: Option<String>,
    /// A shell command that sends mails; it may contain a secret.
    pub mail_command: Option<Secret>,
    /// Values for the parameters of hunts.
    pub params: NightlyParameters,
}

/// Reads the table.
pub(super) fn read(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> NightlySettings {
    table.only(document, &KEYS);
    let told = |document: &mut Document<'_>, key: &str, does: &str| {
        let text = table.text(document, key)?;
        document.allows(text.span, || format!("`{key}` of [nightly]: {does}")).then_some(text.value)
    };
    let webhook_format = webhook_format(table, document);
    let params = table.value("params").and_then(|value| document.table(value, "[nightly.params]".to_owned()));
    let params = params.map(|params| parameters::read(&params, document)).unwrap_or_default();
    NightlySettings {
        webhook_format,
        csv_separator: separator_of_cells(table, document),
        csv_bom: table.boolean(document, "csv_bom"),
        params,
        webhook_template: table.path(document, "webhook_template"),
        mail: mail(table, document),
        mail_from: table.text(document, "mail_from").map(|t| t.value.to_owned()),
        mail_command: told(document, "mail_command", "runs a command").map(Secret::literal),
        // Not read as a secret's notation, because `${NAME}` in a command is for the shell.
        notify: told(document, "notify", "runs a command").map(Secret::literal),
        notify_environment: table.texts(document, "notify_environment", false).unwrap_or_default(),
        webhook: told(document, "webhook", "sends what is found").map(|text| Secret::parse(text, document.base)),
        state: table.path_of_output(document, "state"),
        out: table.path_of_output(document, "out"),
        since: table.duration(document, "since"),
        lag: table.duration_or_zero(document, "lag"),
        overlap: table.duration_or_zero(document, "overlap"),
        again: table.duration_or_zero(document, "again"),
        jobs: table.number(document, "jobs", 1..=64).map(|n| n as usize),
        hunt_time: table.duration(document, "hunt_time"),
        night_time: table.duration(document, "night_time"),
        night_records: table.number(document, "night_records", 1..=u64::MAX),
        suppress: table.path(document, "suppress"),
        keep_reports: table.duration(document, "keep_reports"),
        keep_history: table.duration(document, "keep_history"),
        fail_on_findings: table.boolean(document, "fail_on_findings"),
    }
}

/// The addresses that get mails.
fn mail(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Vec<String> {
    let (Some(value), Some(addresses)) = (table.value("mail"), table.texts(document, "mail", true)) else { return Vec::new() };
    let span = document.span(value.span());
    if document.allows(span, || "`mail` of [nightly]: sends what is found".to_owned()) { addresses } else { Vec::new() }
}

/// What stands between the cells of CSV files.
fn separator_of_cells(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<u8> {
    let word = table.text(document, "csv_separator")?;
    let known = csv_separator(word.value);
    if known.is_none() {
        let message = format!("`{}` cannot stand between cells", word.value);
        document.bad(word.span, message, "\",\", \";\", \"|\" or \"tab\" is needed here");
    }
    known
}

/// The form of what is posted. A template is another one.
fn webhook_format(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<String> {
    let format = table.text(document, "webhook_format")?;
    if !WEBHOOK_FORMATS.contains(&format.value) {
        document.bad(
            format.span,
            format!("`webhook_format` is not `{}`", format.value),
            "\"json\", \"slack\" or \"teams\" is needed here",
        );
    } else if table.value("webhook_template").is_some() {
        document.bad(format.span, "`webhook_format` and `webhook_template` exclude each other", "keep one of them");
    }
    Some(format.value.to_owned())
}
