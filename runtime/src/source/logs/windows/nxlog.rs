//! NXLog's JSON, as in Security-Datasets: everything at the top, the event's own values among it.

use super::event::{AUDIT_FAILURE, AUDIT_SUCCESS, EventUser, WindowsEvent, bits, number};
use super::event_time;
use super::json::Json;
use foldhash::HashMap;
use huntc_compiler::time::Instant;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Whether a document is one of these.
pub(super) fn is(document: &Json<'_>) -> bool {
    let named = |names: [&str; 2]| names.iter().any(|name| document.get(name).is_some());
    document.get("EventID").is_some() && named(["SourceName", "ProviderName"]) && named(["Channel", "EventTime"])
}

/// What a member of a document is, if it is no value of the event's own.
#[derive(Clone, Copy)]
enum Member {
    /// NXLog and the shippers behind it add it; it is not of the event.
    OfShipping,
    Tags,
    EventId,
    Provider,
    Channel,
    Computer,
    RecordId,
    ProviderGuid,
    Version,
    Level,
    Severity,
    EventType,
    Task,
    TaskName,
    Opcode,
    Keywords,
    ProcessId,
    /// Perhaps the event has a value of this name.
    NumberOfProcess,
    NumberOfThread,
    ActivityId,
    RelatedActivityId,
    UserId,
    UserName,
    UserDomain,
    UserKind,
    Message,
    Shipped,
    Created,
    Received,
    Logged,
}

/// Members by their names. Each member of a document is looked up, so a table is faster than one comparison after the other.
static MEMBERS: LazyLock<HashMap<&'static str, Member>> = LazyLock::new(|| {
    let members = [
        ("@version", Member::OfShipping),
        ("SourceModuleName", Member::OfShipping),
        ("SourceModuleType", Member::OfShipping),
        ("SeverityValue", Member::OfShipping),
        ("host", Member::OfShipping),
        ("port", Member::OfShipping),
        ("type", Member::OfShipping),
        ("ERROR_EVT_UNRESOLVED", Member::OfShipping),
        ("OpcodeValue", Member::OfShipping),
        // What NXLog has of its own `EventType` where the event has one.
        ("EventTypeOrignal", Member::OfShipping),
        ("tags", Member::Tags),
        ("EventID", Member::EventId),
        ("SourceName", Member::Provider),
        ("ProviderName", Member::Provider),
        ("Channel", Member::Channel),
        ("Hostname", Member::Computer),
        ("RecordNumber", Member::RecordId),
        ("ProviderGuid", Member::ProviderGuid),
        ("Version", Member::Version),
        ("Level", Member::Level),
        ("Severity", Member::Severity),
        ("EventType", Member::EventType),
        ("Task", Member::Task),
        ("Category", Member::TaskName),
        ("Opcode", Member::Opcode),
        ("Keywords", Member::Keywords),
        ("ExecutionProcessID", Member::ProcessId),
        ("ProcessID", Member::NumberOfProcess),
        ("ThreadID", Member::NumberOfThread),
        ("ActivityID", Member::ActivityId),
        ("RelatedActivityID", Member::RelatedActivityId),
        ("UserID", Member::UserId),
        ("AccountName", Member::UserName),
        ("Domain", Member::UserDomain),
        ("AccountType", Member::UserKind),
        ("Message", Member::Message),
        ("@timestamp", Member::Shipped),
        ("TimeCreated", Member::Created),
        ("EventReceivedTime", Member::Received),
        ("EventTime", Member::Logged),
    ];
    members.into_iter().collect()
});

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
pub(super) fn event(document: Json<'_>) -> Option<WindowsEvent<'_>> {
    let Json::Object(members) = document else { return None };
    let mut event = WindowsEvent { data: Vec::with_capacity(members.len()), ..WindowsEvent::default() };
    let mut times = Times::default();
    let mut user = EventUser::default();
    for (name, value) in members {
        let member = MEMBERS.get(name.as_ref()).copied();
        match member {
            Some(Member::OfShipping) => continue,
            Some(Member::Tags) => {
                event.around.push(("tags".to_owned(), value));
                continue;
            }
            _ => {}
        }
        let is_number = matches!(value, Json::Whole(_) | Json::Large(_));
        let Some(text) = value.into_text() else { continue };
        match member {
            Some(Member::EventId) => event.event_id = text.parse().ok()?,
            Some(Member::Provider) if event.provider.is_empty() => event.provider = text,
            Some(Member::Channel) => event.channel = Some(text),
            Some(Member::Computer) => event.computer = Some(text),
            Some(Member::RecordId) => event.record_id = Some(text),
            Some(Member::ProviderGuid) => event.provider_guid = Some(text),
            Some(Member::Version) if is_number => event.version = number(&text),
            Some(Member::Level) => event.level = text.parse().ok(),
            Some(Member::Severity) => event.level = event.level.or_else(|| level(&text)),
            Some(Member::EventType) if SEVERITIES.contains(&text.as_ref()) => {
                if let Some(bits) = audit(&text) {
                    event.keywords.get_or_insert(bits);
                }
            }
            Some(Member::Task) => event.task = Some(text),
            Some(Member::TaskName) if !text.is_empty() => event.task_name = Some(text),
            Some(Member::Opcode) => event.opcode = Some(text),
            Some(Member::Keywords) => event.keywords = bits(&text),
            Some(Member::ProcessId) => event.process_id = number(&text),
            Some(Member::NumberOfProcess) if is_number => event.process_id = number(&text),
            Some(Member::NumberOfThread) if is_number => event.thread_id = number(&text),
            Some(Member::ActivityId) => event.activity_id = Some(text),
            Some(Member::RelatedActivityId) => event.related_activity_id = Some(text),
            Some(Member::UserId) => user.sid = Some(text),
            Some(Member::UserName) => user.name = Some(text),
            Some(Member::UserDomain) => user.domain = Some(text),
            Some(Member::UserKind) => user.kind = Some(text),
            Some(Member::Message) => event.message = Some(text),
            Some(Member::Shipped) => times.shipped = event_time::parse(&text),
            Some(Member::Created) => times.created = event_time::parse(&text),
            Some(Member::Received) => times.received = event_time::parse(&text),
            Some(Member::Logged) => times.logged = event_time::parse(&text),
            _ => event.data.push((name, text)),
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
