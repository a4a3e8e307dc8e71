//! An entry of the journal as a record: names as Filebeat's input `journald` gives them, and those of ECS beside.

use super::capabilities;
use crate::source::logs::field_table::FieldTable;
use crate::source::logs::flat_record::{FlatRecord, MOST_NAMES};
use crate::source::logs::report::BadReason;
use serde_json::{Map, Value};
use std::sync::LazyLock;

static TABLE: LazyLock<FieldTable> = LazyLock::new(|| FieldTable::read(include_str!("../data/journald.csv")));

pub(super) fn is_entry(object: &Map<String, Value>) -> bool {
    object.contains_key("__REALTIME_TIMESTAMP") && !object.contains_key("@timestamp")
}

pub(super) fn record(object: &Map<String, Value>) -> Result<FlatRecord, BadReason> {
    let (mut record, mut left) = (FlatRecord::default(), MOST_NAMES);
    // What the system's manager says of another process is that process's.
    let kind = if object.contains_key("OBJECT_PID") { "*" } else { "own" };
    for (field, value) in object {
        for value in texts(value) {
            if !TABLE.put(kind, field, &value, &mut record) {
                let name = field.trim_start_matches('_').to_ascii_lowercase();
                record.put_all(&format!("journald.custom.{name}"), value, &mut left)?;
            }
        }
    }
    TABLE.put_constants("*", &mut record);
    user(object, &mut record);
    let words = record.first("process.command_line").and_then(Value::as_str).map(words).unwrap_or_default();
    if !words.is_empty() {
        record.put("process.args_count", words.len() as u64);
        record.put_list("process.args", words);
    }
    let bits = object.get("_CAP_EFFECTIVE").and_then(Value::as_str).unwrap_or_default();
    let names = capabilities::names(bits);
    if !names.is_empty() {
        record.put_list("process.thread.capabilities.effective", names);
    }
    Ok(record)
}

/// The user is who logged on; whoever that became since is the effective one.
fn user(object: &Map<String, Value>, record: &mut FlatRecord) {
    let id = |name: &str| object.get(name).and_then(Value::as_str).filter(|id| *id != "4294967295" && !id.is_empty());
    let sides = [["OBJECT_AUDIT_LOGINUID", "OBJECT_UID", "OBJECT_GID"], ["_AUDIT_LOGINUID", "_UID", "_GID"]];
    let Some([login, user, group]) =
        sides.into_iter().map(|names| names.map(id)).find(|[login, user, _]| login.or(*user).is_some())
    else {
        return;
    };
    if let Some(who) = login.or(user) {
        record.put("user.id", who);
    }
    let front = if user.is_some() && login.is_some_and(|login| Some(login) != user) { "user.effective" } else { "user" };
    for (field, id) in [("id", user), ("group.id", group)] {
        if let Some(id) = id {
            record.put(&format!("{front}.{field}"), id);
        }
    }
}

/// The words of a command line. One in double quotes has blanks, and keeps its quotes.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let mut escaped = false;
        let closing = rest.strip_prefix('"').and_then(|inside| {
            inside.char_indices().find_map(|(at, c)| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends.then_some(at + 2)
            })
        });
        let end = closing.or_else(|| rest.find(char::is_whitespace)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        words.push(word.to_owned());
        rest = behind.trim_start();
    }
    words
}

/// The values of a field. One that is no text is a list of its bytes; one that occurs several times a list of texts.
fn texts(value: &Value) -> Vec<Value> {
    let Value::Array(values) = value else { return vec![value.clone()] };
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    match values.iter().map(byte).collect::<Option<Vec<u8>>>() {
        Some(bytes) if !bytes.is_empty() => vec![String::from_utf8_lossy(&bytes).into_owned().into()],
        _ => values.iter().flat_map(|value| if value.is_array() { texts(value) } else { vec![value.clone()] }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_have_words() {
        for (line, wanted) in [
            ("a  -b -b", &["a", "-b", "-b"][..]),
            (r#"sh -c "a b" c"#, &["sh", "-c", r#""a b""#, "c"]),
            (r#""a \" b"c"#, &[r#""a \" b""#, "c"]),
            (r#"x "open y"#, &["x", "\"open", "y"]),
            ("", &[]),
        ] {
            assert_eq!(words(line), wanted, "{line}");
        }
    }
}
