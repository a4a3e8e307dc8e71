//! Exports of Splunk: `{"preview":false,"result":{…}}` lines, whose `_raw` has the event as XML, as JSON, or as text.

use super::event::{WindowsEvent, bits, number};
use super::event_time;
use super::json::Json;
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
    for (name, value) in result.members() {
        let own = name.starts_with('_') || name.starts_with("date_") || OF_SPLUNK.contains(&name.as_ref());
        if let Some(text) = value.clone().into_text().filter(|_| !own && !fields.iter().any(|(known, _)| known == name)) {
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

/// Sysmon's messages have their values as lines `Name: value`, by the same names.
fn labels(message: &str, event: &mut WindowsEvent<'static>) {
    if event.provider != "Microsoft-Windows-Sysmon" {
        return;
    }
    for line in message.lines() {
        if let Some((name, value)) = line.split_once(": ")
            && event.value(name).is_none()
            && name.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            event.data.push((Cow::Owned(name.to_owned()), Cow::Owned(value.trim_end_matches('\r').to_owned())));
        }
    }
}
