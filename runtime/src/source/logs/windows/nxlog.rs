//! NXLog's JSON, as in Security-Datasets: everything at the top, the event's own values among it.

use super::event::{AUDIT_FAILURE, AUDIT_SUCCESS, EventUser, WindowsEvent, bits, number};
use super::event_time;
use super::json::Json;
use huntc_compiler::time::Instant;
use std::borrow::Cow;

/// Whether a document is one of these.
pub(super) fn is(document: &Json<'_>) -> bool {
    let named = |names: [&str; 2]| names.iter().any(|name| document.get(name).is_some());
    document.get("EventID").is_some() && named(["SourceName", "ProviderName"]) && named(["Channel", "EventTime"])
}

/// What NXLog and the shippers behind it add; none of it is of the event.
const OF_SHIPPING: [&str; 9] = [
    "@version",
    "SourceModuleName",
    "SourceModuleType",
    "SeverityValue",
    "host",
    "port",
    "type",
    "ERROR_EVT_UNRESOLVED",
    // What NXLog has of its own `EventType` where the event has one.
    "EventTypeOrignal",
];

/// NXLog's own words for the severity, which take the place of a value that Sysmon calls `EventType` too.
const SEVERITIES: [&str; 8] = ["INFO", "WARNING", "ERROR", "CRITICAL", "VERBOSE", "DEBUG", "AUDIT_SUCCESS", "AUDIT_FAILURE"];

/// The times of the record, as they are found.
#[derive(Default)]
struct Times {
    shipped: Option<Instant>,
    received: Option<Instant>,
    logged: Option<Instant>,
    created: Option<Instant>,
}

impl Times {
    /// NXLog writes times of the host's zone without saying which: what it received at a local time was shipped in UTC.
    fn created(&self) -> Option<Instant> {
        let behind = match (self.received, self.shipped) {
            (Some(received), Some(shipped)) => event_time::behind(received, shipped),
            _ => 0,
        };
        let logged = self.logged.map(|logged| logged.plus(behind));
        logged.or(self.created).or(self.shipped)
    }
}

/// The event of a document.
pub(super) fn event<'j>(document: &'j Json<'_>) -> Option<WindowsEvent<'j>> {
    let members = document.members();
    let mut event = WindowsEvent { data: Vec::with_capacity(members.len()), ..WindowsEvent::default() };
    let mut times = Times::default();
    let mut user = EventUser::default();
    for (name, value) in members {
        if OF_SHIPPING.contains(&name.as_ref()) {
            continue;
        }
        let is_number = matches!(value, Json::Whole(_) | Json::Large(_));
        if name == "tags" {
            event.around.push(("tags".to_owned(), value.clone()));
            continue;
        }
        let Some(text) = value.as_text() else { continue };
        match name.as_ref() {
            "EventID" => event.event_id = text.parse().ok()?,
            "SourceName" | "ProviderName" if event.provider.is_empty() => event.provider = text,
            "Channel" => event.channel = Some(text),
            "Hostname" => event.computer = Some(text),
            "RecordNumber" => event.record_id = Some(text),
            "ProviderGuid" => event.provider_guid = Some(text),
            "Version" if is_number => event.version = number(&text),
            "Level" => event.level = text.parse().ok(),
            "Severity" => event.level = event.level.or_else(|| level(&text)),
            "EventType" if SEVERITIES.contains(&text.as_ref()) => {
                if let Some(bits) = audit(&text) {
                    event.keywords.get_or_insert(bits);
                }
            }
            "Task" => event.task = Some(text),
            "Category" if !text.is_empty() => event.task_name = Some(text),
            "Opcode" => event.opcode = Some(text),
            "OpcodeValue" => {}
            "Keywords" => event.keywords = bits(&text),
            "ExecutionProcessID" => event.process_id = number(&text),
            "ProcessID" if is_number => event.process_id = number(&text),
            "ThreadID" if is_number => event.thread_id = number(&text),
            "ActivityID" => event.activity_id = Some(text),
            "RelatedActivityID" => event.related_activity_id = Some(text),
            "UserID" => user.sid = Some(text),
            "AccountName" => user.name = Some(text),
            "Domain" => user.domain = Some(text),
            "AccountType" => user.kind = Some(text),
            "Message" => event.message = Some(text),
            "@timestamp" => times.shipped = event_time::parse(&text),
            "TimeCreated" => times.created = event_time::parse(&text),
            "EventReceivedTime" => times.received = event_time::parse(&text),
            "EventTime" => times.logged = event_time::parse(&text),
            _ => event.data.push((Cow::Borrowed(name), text)),
        }
    }
    event.created = times.created();
    if event.keywords.is_some_and(|bits| bits & (AUDIT_SUCCESS | AUDIT_FAILURE) != 0) {
        // NXLog calls a failure an error; to Windows all audits are information.
        event.level = Some(0);
    }
    event.user = user;
    own_names(&mut event);
    of_message(&mut event);
    Some(event)
}

/// NXLog says who logged an event by names that the event may have itself: without a SID they are the event's own.
fn own_names(event: &mut WindowsEvent<'_>) {
    if event.user.sid.is_none() {
        let user = std::mem::take(&mut event.user);
        let own = [("AccountName", user.name), ("Domain", user.domain), ("AccountType", user.kind)];
        event.data.extend(own.into_iter().filter_map(|(name, text)| Some((Cow::Borrowed(name), text?))));
    }
}

/// What the message still has: `EventType` where NXLog put its own, and values that NXLog left escaped as in XML.
fn of_message(event: &mut WindowsEvent<'_>) {
    /// The values of a real event. Each is looked for in the message.
    const MOST: usize = 256;
    let Some(message) = &event.message else { return };
    for (_, value) in event.data.iter_mut().take(MOST) {
        if ENTITIES.iter().any(|(entity, _)| value.contains(entity)) && !message.contains(value.as_ref()) {
            let plain = ENTITIES.iter().fold(value.to_string(), |text, (entity, plain)| text.replace(entity, plain));
            *value = Cow::Owned(plain);
        }
    }
    let typed = [12, 13, 14, 17, 18].contains(&event.event_id) && event.provider == "Microsoft-Windows-Sysmon";
    if typed && event.value("EventType").is_none() {
        let found = message.lines().find_map(|line| line.strip_prefix("EventType: ")).map(str::trim).map(str::to_owned);
        event.data.extend(found.map(|kind| (Cow::Borrowed("EventType"), Cow::Owned(kind))));
    }
}

/// The entities of XML; the one of `&` last, so that no text is unescaped twice.
const ENTITIES: [(&str, &str); 5] = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];

fn level(severity: &str) -> Option<u64> {
    match severity {
        "CRITICAL" => Some(1),
        "ERROR" => Some(2),
        "WARNING" => Some(3),
        "INFO" => Some(4),
        "VERBOSE" | "DEBUG" => Some(5),
        _ => None,
    }
}

/// The keyword of an audit.
fn audit(kind: &str) -> Option<u64> {
    match kind {
        "AUDIT_SUCCESS" => Some(AUDIT_SUCCESS),
        "AUDIT_FAILURE" => Some(AUDIT_FAILURE),
        _ => None,
    }
}
