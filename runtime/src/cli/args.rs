//! Arguments that several commands share.

use crate::config;
use crate::report::csv::CsvForm;
use crate::session::{RunSettings, clock};
use crate::source::logs::LogTimeOffset;
use crate::source::web_file::AllowedHost;
use huntc_compiler::diag::{Severity, codes};
use huntc_compiler::options::ProcessIdentity;
use huntc_compiler::time::Instant;
use std::path::PathBuf;
use std::time::Duration;

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct ConfigArgs {
    /// Read this configuration
    ///
    /// Otherwise the first `huntc.toml` in the huntflow's folder or a parent of it, else
    /// `$XDG_CONFIG_HOME/huntc/huntc.toml`. Kestrel's `stixshifter.yaml` and `STIXSHIFTER_<NAME>_*` variables are
    /// read too.
    #[arg(long, value_name = "FILE", env = "HUNTC_CONFIG")]
    pub config: Option<PathBuf>,
}

/// `--source`
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct SourceArgs {
    /// Bind a data source: a file, a folder of files, a store, or `http(s)://[USER:PASSWORD@]HOST:PORT/INDEX`
    ///
    /// A name that is bound several times stands for all of it: `--source x=a.ndjson --source x=b.store`.
    #[arg(long = "source", value_name = "NAME=URI")]
    pub sources: Vec<String>,
    /// Add this to when the Windows events of a source were logged, where its files have a local time: lab=+16h
    ///
    /// Only log files take it; `log_time_offset` under `[sources.NAME]` of huntc.toml does the same. K0766 tells where it is needed,
    /// and by how much.
    #[arg(long = "log-time-offset", value_name = "NAME=OFFSET", hide_short_help = true)]
    pub log_time_offsets: Vec<String>,
    /// Let huntflows fetch files from this host: `FROM https://HOST/bundle.json`
    ///
    /// Nothing is fetched from any other host, redirects included. A name alone allows the usual ports. May be given several
    /// times; `allow_fetch` under `[run]` of huntc.toml does the same.
    #[arg(long = "allow-fetch", value_name = "HOST[:PORT]", value_parser = AllowedHost::parse)]
    pub allow_fetch: Vec<AllowedHost>,
}

/// How CSV files of reports are, for spreadsheets.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
#[command(next_help_heading = "Report")]
pub(super) struct CsvArgs {
    /// What stands between the cells of CSV files: , ; | or tab [default: ,]
    #[arg(long, value_name = "CHARACTER", value_parser = parse_separator)]
    csv_separator: Option<u8>,
    /// Begin CSV files with a byte-order mark, by which Excel knows that they are UTF-8
    #[arg(long)]
    csv_bom: bool,
}

impl CsvArgs {
    /// The form that the flags say, and `otherwise` where they do not.
    pub(super) fn form(self, otherwise: CsvForm) -> CsvForm {
        CsvForm { separator: self.csv_separator.unwrap_or(otherwise.separator), bom: self.csv_bom || otherwise.bom, ..otherwise }
    }
}

fn parse_separator(text: &str) -> Result<u8, String> {
    config::csv_separator(text).ok_or_else(|| "`,`, `;`, `|` or `tab` is needed".to_owned())
}

/// Lint levels. For one code, deny wins over warn, and warn over allow.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Lints")]
pub(super) struct LintArgs {
    /// Say nothing about a lint
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,
    /// Warn of a lint
    #[arg(long, value_name = "CODE")]
    warn: Vec<String>,
    /// Take a lint for an error; `warnings` stands for all of them
    #[arg(long, value_name = "CODE")]
    deny: Vec<String>,
}

impl LintArgs {
    /// The lint names with their levels; of several levels the last one wins.
    fn levels(&self) -> Vec<(String, Option<Severity>)> {
        let mut levels = Vec::new();
        for (names, level) in [(&self.allow, None), (&self.warn, Some(Severity::Warning)), (&self.deny, Some(Severity::Error))] {
            for name in names {
                if level == Some(Severity::Error) && name == "warnings" {
                    let warnings = codes::all().into_iter().filter(|c| c.lint && c.severity == Severity::Warning);
                    // `warnings` is put in front, so that a level for a single code wins over it.
                    levels.splice(0..0, warnings.map(|c| (c.id.to_owned(), level)));
                } else {
                    levels.push((name.clone(), level));
                }
            }
        }
        levels
    }
}

/// `--window`. A night has none: its windows are those that were not looked at yet.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Meaning")]
pub(super) struct WindowArgs {
    /// The window of statements without a time range, back from now: 90s, 5m, 24h, 7d
    #[arg(long, value_name = "TIME", value_parser = parse_window)]
    pub window: Option<Duration>,
}

/// What a hunt may use; the same for each hunt of a night.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Budgets")]
pub(super) struct BudgetArgs {
    /// Memory that one hunt may use for what it finds: 512MiB, 2GiB [default: 2GiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_memory: Option<u64>,
    /// Read every record, also where the source could count equal ones together
    #[arg(long)]
    pub no_agg: bool,
}

/// What changes the meaning of a hunt wherever it is compiled: in `check`, `compile`, `run` and in nights. A flag of all of
/// them is a field here, a line of [`Self::settings`] and a field of [`RunSettings`].
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Meaning")]
pub(super) struct HuntArgs {
    /// The instant that is "now", as 2020-10-22T06:58:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub at: Option<Instant>,
    /// Compare all text without regard to case (ASCII letters)
    #[arg(long)]
    pub ignore_case: bool,
    /// What makes two sightings the same process
    #[arg(long, value_name = "RULE", value_enum, default_value_t, hide_possible_values = false)]
    pub process_identity: Identity,
    /// Lay the rows of a CSV file over the built-in mapping of attributes to ECS fields
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Give a parameter of the hunt a value: a literal, or text without quotes where the default is text
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_setting)]
    pub set: Vec<String>,
    #[command(flatten)]
    pub lints: LintArgs,
}

impl HuntArgs {
    /// The settings of hunts that these flags give; all others have their defaults.
    pub(super) fn settings(&self) -> RunSettings {
        RunSettings {
            ignore_case: self.ignore_case,
            process_identity: self.process_identity.into(),
            mapping: self.mapping.clone(),
            lints: self.lints.levels(),
            set: self.set.clone(),
            ..RunSettings::at(self.at.unwrap_or_else(clock::now))
        }
    }
}

/// `--process-identity`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum Identity {
    /// Entity ids on hosts where any record of the source has one, else the ladder.
    #[default]
    Auto,
    /// Entity ids only.
    EntityId,
    /// Entity ids, else host and pid with start time, else host and pid with one life after the other.
    Ladder,
}

impl From<Identity> for ProcessIdentity {
    fn from(identity: Identity) -> Self {
        match identity {
            Identity::Auto => Self::Auto,
            Identity::EntityId => Self::EntityId,
            Identity::Ladder => Self::Ladder,
        }
    }
}

fn parse_setting(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() => Ok(text.to_owned()),
        _ => Err("a name, `=` and a value are needed, such as days=7".to_owned()),
    }
}

pub(super) fn parse_log_time_offset(text: &str) -> Result<LogTimeOffset, String> {
    LogTimeOffset::parse(text).ok_or_else(|| "a sign with hours and minutes is needed, such as +16h or -3h30m".to_owned())
}

fn parse_window(text: &str) -> Result<Duration, String> {
    config::duration(text).ok_or_else(|| "a number with `s`, `m`, `h` or `d` is needed, such as 24h".to_owned())
}

fn parse_size(text: &str) -> Result<u64, String> {
    config::size(text).ok_or_else(|| "a number with `MiB` or `GiB` is needed, such as 2GiB".to_owned())
}

pub(super) fn parse_instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "an instant such as 2020-10-22T06:58:00Z is needed".to_owned())
}

/// `--format` of commands that list things.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum TextOrJson {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}
