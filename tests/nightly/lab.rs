//! A hunt and its records, for tests of nights that are about something else.

pub(super) const RECORD: &str = r#"{"@timestamp":"2026-01-01T01:00:00Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"a"},"process":{"entity_id":"p1","name":"evil.exe","pid":7}}
"#;
pub(super) const HUNT: &str = "x = GET process FROM stixshifter://lab WHERE name = 'evil.exe'\nDISP x ATTR name\n";

/// The record of a process, and one of another process an hour before each night: a source that is silent holds its hunts back.
pub(super) fn records() -> String {
    let other = r#"{"@timestamp":"TIME","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"a"},"process":{"entity_id":"ID","name":"good.exe","pid":8}}"#;
    let days = (1..9).map(|day| other.replace("TIME", &format!("2026-01-0{day}T01:59:59.999Z")).replace("ID", &format!("d{day}")));
    format!("{RECORD}{}\n", days.collect::<Vec<_>>().join("\n"))
}
