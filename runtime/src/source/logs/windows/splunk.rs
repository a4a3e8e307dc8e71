//! Exports of Splunk: `{"preview":false,"result":{…}}` lines, whose `_raw` has the event as XML, as JSON, or as text.

use super::event::{WindowsEvent, bits, number};
use super::event_time;
use super::json::Json;
use foldhash::{HashMap, HashSet};
use std::borrow::Cow;

/// Whether a document is one of these.
pub(super) fn is(document: &Json<'_>) -> bool {
    document.get("result").is_some_and(|result| result.get("_raw").is_some() || result.get("EventCode").is_some())
}

/// Fields that Splunk makes for every event, and those that describe it.
const OF_SPLUNK: [&str; 16] = [
    "host",
    "source",
    "sourcetype",
    "index",
    "splunk_server",
    "splunk_server_group",
    "linecount",
    "punct",
    "eventtype",
    "timestamp",
    "timestartpos",
    "timeendpos",
    "date_zone",
    "tag",
    "OpCode",
    "Type",
];

/// The event of a result whose `_raw` is text: lines `Name=value`, then the message; fields that Splunk took out of it beside it.
pub(super) fn event(document: &Json<'_>) -> Option<WindowsEvent<'static>> {
    let result = document.get("result")?;
    let raw = result.get("_raw").and_then(Json::text).unwrap_or_default();
    let (head, message) = raw.split_once("Message=").unwrap_or((raw, ""));
    let of_raw = head.lines().filter_map(|line| line.split_once('='));
    let mut fields: Vec<(String, String)> = of_raw.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
    let known: HashSet<String> = fields.iter().map(|(name, _)| name.clone()).collect();
    for (name, value) in result.members() {
        let own = name.starts_with('_') || name.starts_with("date_") || OF_SPLUNK.contains(&name.as_ref());
        if let Some(text) = value.as_text().filter(|_| !own && !known.contains(name.as_ref())) {
            fields.push((name.to_string(), text.into_owned()));
        }
    }
    let mut event = WindowsEvent::default();
    for (name, value) in fields {
        let text: Cow<'static, str> = Cow::Owned(value);
        match name.as_str() {
            "EventCode" | "EventID" => event.event_id = text.trim().parse().ok()?,
            "SourceName" => event.provider = text,
            "LogName" | "Channel" => event.channel = Some(text),
            "ComputerName" | "Computer" => event.computer = Some(text),
            "RecordNumber" | "EventRecordID" => event.record_id = Some(text),
            "TaskCategory" => event.task_name = Some(text),
            "Keywords" => event.keywords = bits(&text).or_else(|| audit(&text)),
            "Sid" => event.user.sid = Some(text),
            "User" if event.provider != "Microsoft-Windows-Sysmon" => event.user.name = Some(text),
            "ProcessID" => event.process_id = number(&text),
            "ThreadID" => event.thread_id = number(&text),
            "Message" => event.message = Some(text),
            "EventType" | "EventDescription" => {}
            _ => event.data.push((Cow::Owned(name), text)),
        }
    }
    if !message.is_empty() {
        event.message = Some(Cow::Owned(message.to_owned()));
        labels(message, &mut event);
    }
    event.created = result.get("_time").and_then(Json::text).and_then(|text| seconds(text).or_else(|| event_time::parse(text)));
    (!event.provider.is_empty() && event.event_id > 0).then_some(event)
}

/// A time as seconds since 1970, with a fraction.
fn seconds(text: &str) -> Option<huntc_compiler::time::Instant> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.len() <= 10 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    event_time::parse(&format!("{}", whole.parse::<i64>().ok()? * 1000 + format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?))
}

fn audit(text: &str) -> Option<u64> {
    match text {
        "Audit Success" => Some(super::event::AUDIT_SUCCESS),
        "Audit Failure" => Some(super::event::AUDIT_FAILURE),
        _ => None,
    }
}

/// Sysmon's messages have their values as lines `Name: value`, by the same names; any other line goes on with the value before it.
///
/// A value with line ends may look like more of them. What stands under a name that comes twice becomes no field of ECS, since nothing
/// says which of them is the event's own; all of them stay in `winlog.event_data`.
fn labels(message: &str, event: &mut WindowsEvent<'static>) {
    if event.provider != "Microsoft-Windows-Sysmon" {
        return;
    }
    let mut labels: Vec<(&str, String)> = Vec::new();
    for line in message.trim_end().lines() {
        match (label(line), labels.last_mut()) {
            (Some((name, value)), _) => labels.push((name, value.to_owned())),
            (None, Some((_, value))) => value.extend(["\n", line]),
            (None, None) => {}
        }
    }
    let known: HashSet<String> = event.data.iter().map(|(name, _)| name.to_string()).collect();
    let mut counts: HashMap<&str, usize> = HashMap::default();
    for (name, _) in &labels {
        *counts.entry(name).or_default() += 1;
    }
    for (name, value) in labels.into_iter().filter(|(name, _)| !known.contains(*name)) {
        let values = if counts.get(name) == Some(&1) { &mut event.data } else { &mut event.unclear };
        values.push((Cow::Owned(name.to_owned()), Cow::Owned(value)));
    }
}

fn label(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let value = if value.is_empty() { value } else { value.strip_prefix(' ')? };
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some((name, value))
}
