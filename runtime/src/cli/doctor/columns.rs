//! `huntc doctor FILE --suggest`: proposes what the columns of a table, or the values of JSON, are in ECS.

use crate::report::sanitize;
use crate::source::SourceError;
use crate::source::logs::{SampledColumns, TimeColumn, TimeForm, sampled_columns};
use huntc_compiler::time::Instant;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

/// A table for `huntc.toml`, to be pasted.
pub(super) fn suggest(path: &Path) -> Result<String, SourceError> {
    let sample = sampled_columns(path)?;
    let shown = path.display().to_string();
    if sample.known {
        return Ok(format!("# {} has @timestamp: it is read as it is, and needs no table.\n", sanitize::terminal(&shown)));
    }
    Ok(proposal(&shown, &sample))
}

fn proposal(path: &str, sample: &SampledColumns) -> String {
    let stem = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let is_process = sample.columns.iter().any(|(column, _)| PROCESS_COLUMNS.contains(&plain(column).as_str()));
    let time = times(sample).into_iter().next();
    let mut text = format!("[sources.{name}]\npath = {}\n\n[sources.{name}.columns]\n", quoted(path));
    text += &match &time {
        Some(time) => time.line(),
        None => "# No column looks like a time; records need one:\n# time = { column = \"…\", format = \"%d/%m/%Y %H:%M:%S\", zone = \"UTC\" }\n".to_owned(),
    };
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for (column, values) in &sample.columns {
        if time.as_ref().is_some_and(|time| time.column == *column) {
            continue;
        }
        let key = quoted(column);
        if sanitize::terminal(column) != *column {
            let _ =
                writeln!(text, "# A column has characters in its name that no terminal should get: {}", sanitize::terminal(column));
            continue;
        }
        let known = field_of(column, is_process).filter(|field| *field != "@timestamp");
        // Two columns of one meaning: the first is it.
        let _ = match known {
            Some(field) if taken.insert(field) => writeln!(text, "{key} = \"{field}\""),
            Some(field) => writeln!(text, "# {key} = \"{field}\"  # as a column above"),
            None => match shape(values) {
                Some((field, what)) => writeln!(text, "# {key} = \"{field}\"  # {what}: is it this?"),
                None => writeln!(text, "# {key} = \"\""),
            },
        };
    }
    if is_process && !taken.contains("event.category") {
        text += "# Where each row is a process that started:\n# constants = { \"event.category\" = \"process\", \"event.type\" = \"start\" }\n";
    }
    text
}

/// Columns by which a table is one of processes.
const PROCESS_COLUMNS: [&str; 3] = ["processcommandline", "commandline", "cmdline"];

/// A name without what its writers put between words.
fn plain(column: &str) -> String {
    let start = column.starts_with('_');
    let plain: String = column.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect();
    if start { format!("_{plain}") } else { plain }
}

fn field_of(column: &str, is_process: bool) -> Option<&'static str> {
    let (column, when) = (plain(column), if is_process { "process" } else { "other" });
    let rows = include_str!("column_names.csv").lines().skip(1).filter_map(|row| row.split_once(','));
    rows.filter(|(name, _)| *name == column)
        .filter_map(|(_, rest)| rest.split_once(','))
        .find(|(_, of)| of.is_empty() || *of == when)
        .map(|(field, _)| field)
}

/// What all values look like.
fn shape(values: &[String]) -> Option<(&'static str, &'static str)> {
    let all = |is: &dyn Fn(&str) -> bool| !values.is_empty() && values.iter().all(|value| is(value.trim()));
    let hash = |length: usize| move |value: &str| value.len() == length && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if all(&|value| value.parse::<IpAddr>().is_ok()) {
        return Some(("source.ip", "addresses"));
    }
    for (length, field) in [(32, "file.hash.md5"), (40, "file.hash.sha1"), (64, "file.hash.sha256")] {
        if all(&hash(length)) {
            return Some((field, "hashes"));
        }
    }
    let windows = |value: &str| value.get(1..3) == Some(":\\") || value.starts_with("\\\\");
    if all(&|value| windows(value) || value.starts_with('/')) {
        return Some(("file.path", "paths"));
    }
    let hive = |value: &str| value.starts_with("HKEY_") || value.starts_with("HKLM\\") || value.starts_with("HKU\\");
    all(&hive).then_some(("registry.path", "registry keys"))
}

/// A column that holds times.
struct FoundTime {
    column: String,
    form: Option<&'static str>,
    /// Whether its texts name their zones.
    zoned: bool,
    /// Whether day and month could be the other way round.
    unsure: bool,
}

impl FoundTime {
    fn line(&self) -> String {
        let form = self.form.map_or_else(String::new, |form| format!(", format = {}", quoted(form)));
        let zone = if self.zoned { "" } else { ", zone = \"UTC\"" };
        let unsure = if self.unsure { "  # unsure: day and month could be the other way round" } else { "" };
        let zones = if self.zoned { "" } else { "# The texts name no zone: is it this?\n" };
        format!("{zones}time = {{ column = {}{form}{zone} }}{unsure}\n", quoted(&self.column))
    }
}

/// Forms of times, with whether each value names its zone; the first that reads all values of a column is it.
const FORMS: [(&str, bool); 15] = [
    ("iso", false),
    ("%d/%m/%Y %H:%M:%S%.f", false),
    ("%m/%d/%Y %H:%M:%S%.f", false),
    ("%d/%m/%Y %H:%M", false),
    ("%m/%d/%Y %H:%M", false),
    ("%m/%d/%Y %I:%M:%S %p", false),
    ("%m/%d/%Y %I:%M:%S%.f %p", false),
    ("%d.%m.%Y %H:%M:%S%.f", false),
    ("%d.%m.%Y %H:%M", false),
    ("%Y/%m/%d %H:%M:%S%.f", false),
    ("%b %d, %Y @ %H:%M:%S%.f", false),
    ("seconds", true),
    ("milliseconds", true),
    ("microseconds", true),
    ("windows", true),
];

fn form(word: &str) -> TimeForm {
    match word {
        "iso" => TimeForm::Iso,
        "seconds" => TimeForm::Since1970(1_000_000_000),
        "milliseconds" => TimeForm::Since1970(1_000_000),
        "microseconds" => TimeForm::Since1970(1_000),
        "windows" => TimeForm::Windows,
        pattern => TimeForm::Pattern(pattern.to_owned()),
    }
}

/// Columns of times: first those whose names say that they are the record's.
fn times(sample: &SampledColumns) -> Vec<FoundTime> {
    let mut found: Vec<FoundTime> = sample.columns.iter().filter_map(|(column, values)| time(column, values)).collect();
    found.sort_by_key(|time| field_of(&time.column, false) != Some("@timestamp"));
    found
}

fn time(column: &str, values: &[String]) -> Option<FoundTime> {
    let likely = |time: Instant| {
        // 1990 to 2100: what lies outside is a number of another kind.
        (631_152_000..4_102_444_800).contains(&(time.0 / 1_000_000_000))
    };
    let reads = |word: &str| {
        let time = TimeColumn { columns: Vec::new(), form: form(word), zone: TimeZone::UTC };
        // A number alone is no date.
        let date = |value: &str| word != "iso" || value.contains('-');
        !values.is_empty() && values.iter().all(|value| date(value) && time.read(value).is_some_and(likely))
    };
    let (word, numbers) = FORMS.iter().find(|(word, _)| reads(word))?;
    let zoned = |value: &String| value.trim_end().ends_with('Z') || value.get(10..).is_some_and(|clock| clock.contains('+'));
    let other = word.replace("%d/%m", "%m/%d");
    Some(FoundTime {
        column: column.to_owned(),
        form: (*word != "iso").then_some(*word),
        zoned: *numbers || values.iter().all(zoned),
        unsure: other != *word && reads(&other),
    })
}

/// A text of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use huntc_compiler::catalog::known_field;

    #[test]
    fn every_field_of_the_table_is_known() {
        for row in include_str!("column_names.csv").lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            assert!(cells.len() == 3 && known_field(cells[1]).is_some(), "{row}");
            assert_eq!(plain(cells[0]), cells[0], "{row}");
        }
    }

    fn sample(columns: &[(&str, &[&str])]) -> SampledColumns {
        let columns = columns.iter().map(|(name, values)| ((*name).to_owned(), values.iter().map(|v| (*v).to_owned()).collect()));
        SampledColumns { columns: columns.collect(), known: false }
    }

    #[test]
    fn names_and_values_say_what_columns_are() {
        let defender = sample(&[
            ("Timestamp", &["2020-10-22T06:58:00Z"]),
            ("DeviceName", &["ws1"]),
            ("FileName", &["cmd.exe"]),
            ("ProcessCommandLine", &["cmd /c x"]),
            ("InitiatingProcessFileName", &["explorer.exe"]),
            ("Odd", &["x"]),
            ("Far", &["10.0.0.1", "::1"]),
        ]);
        let text = proposal("logs/Defender Export.csv", &defender);
        for line in [
            "[sources.defender_export]",
            "path = \"logs/Defender Export.csv\"",
            "time = { column = \"Timestamp\" }",
            "\"DeviceName\" = \"host.name\"",
            "\"FileName\" = \"process.name\"",
            "\"InitiatingProcessFileName\" = \"process.parent.name\"",
            "# \"Odd\" = \"\"",
            "# \"Far\" = \"source.ip\"  # addresses: is it this?",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(toml::from_str::<toml::Table>(&text).is_ok(), "{text}");
    }

    #[test]
    fn times_are_found_by_their_values() {
        let line = |values: &[&str]| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            time("t", &values).map(|time| time.line().lines().last().unwrap_or_default().to_owned())
        };
        for (values, wanted) in [
            (&["22/10/2020 06:58:00"][..], Some("time = { column = \"t\", format = \"%d/%m/%Y %H:%M:%S%.f\", zone = \"UTC\" }")),
            (&["10/22/2020 06:58:00"], Some("time = { column = \"t\", format = \"%m/%d/%Y %H:%M:%S%.f\", zone = \"UTC\" }")),
            (
                &["01/02/2020 06:58:00"],
                Some(
                    "time = { column = \"t\", format = \"%d/%m/%Y %H:%M:%S%.f\", zone = \"UTC\" }  # unsure: day and month could be the other way round",
                ),
            ),
            (&["1603349880.5"], Some("time = { column = \"t\", format = \"seconds\" }")),
            (&["1603349880462"], Some("time = { column = \"t\", format = \"milliseconds\" }")),
            (&["2020-10-22 06:58:00"], Some("time = { column = \"t\", zone = \"UTC\" }")),
            (&["4624", "4688"], None),
            (&["2020-10-22", "x"], None),
            (&[], None),
        ] {
            assert_eq!(line(values).as_deref(), wanted, "{values:?}");
        }
    }

    #[test]
    fn hostile_names_stay_out_of_the_terminal() {
        let text = proposal("x.csv", &sample(&[("a\u{1b}[31m", &["1"]), ("b\"\n[run]", &["2"])]));
        assert!(!text.contains('\u{1b}') && toml::from_str::<toml::Table>(&text).is_ok(), "{text}");
    }
}
