//! From a Windows event to its ECS document.

use super::compound::part;
use super::document::{EcsDocument, FieldValue};
use super::event::{AUDIT_FAILURE, AUDIT_SUCCESS, WindowsEvent};
use super::event_time;
use super::json::Json;
use super::network;
use super::powershell;
use super::tables::{EventKind, EventRules, KindWords, Provider, provider};
use super::words::word;
use crate::source::logs::log_clock::{EventClock, LogTimeOffset};
use crate::source::repair::Flaw;
use std::borrow::Cow;

const SYSMON: &str = "Microsoft-Windows-Sysmon";
/// The version of ECS whose names are used.
const ECS_VERSION: &str = "8.17.0";

/// Text that means nothing in events of Sysmon.
const EMPTY: [&str; 3] = ["", "-", "{00000000-0000-0000-0000-000000000000}"];

/// What is known of a Windows event beside its ECS document.
#[derive(Debug)]
pub(crate) struct EcsEvent {
    /// Its times, where they say something of the clock of the log.
    pub(crate) clock: Option<EventClock>,
    /// What had to be mended in it.
    pub(crate) flaw: Option<Flaw>,
}

/// Events of Sysmon whose own time is of another clock: of the network's and the resolver's traces.
const OF_OTHER_CLOCKS: [u64; 2] = [3, 22];

/// Appends the document of an event to `out`, as JSON on one line. `None`, and nothing is appended, where something around it stands in
/// the way of its fields. `offset` is added to when it was logged, and to nothing else.
pub(super) fn document(mut event: WindowsEvent<'_>, offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EcsEvent> {
    let mut document = EcsDocument::new();
    let around = std::mem::take(&mut event.around);
    let known = provider(&event.provider);
    let data = std::mem::take(&mut event.data);
    let unclear = std::mem::take(&mut event.unclear);
    let only_message = data.is_empty() && unclear.is_empty();
    let message = event.message.take();
    let created = event.created.map(|logged| offset.applied(logged));
    let (event_id, is_sysmon) = (event.event_id, event.provider == SYSMON);
    describe(&mut document, event, known);
    if let Some(created) = created {
        let created = event_time::format(created);
        document.text("@timestamp", created.clone());
        document.text("event.created", created);
    }
    if let Some(message) = &message {
        let mut text = message.replace("\r\n", "\n");
        text.truncate(text.trim_end_matches('\n').len());
        document.text("message", text);
    }
    if is_sysmon {
        // Sysmon runs as SYSTEM always.
        document.text("user.id", "S-1-5-18");
        document.text("winlog.user.identifier", "S-1-5-18");
        document.text("winlog.user.name", "SYSTEM");
        document.text("winlog.user.domain", "NT AUTHORITY");
        document.text("winlog.user.type", "Well Known Group");
    }
    // What a document around the event says of it is right, but for what was done: only the tables know that.
    let action = document.text_of("event.action").map(str::to_owned);
    let mut logged = created;
    for (path, value) in around {
        // A document that has it as winlogbeat writes it.
        if path == "@timestamp"
            && let Some(time) = value.text().and_then(event_time::parse)
        {
            let time = offset.applied(time);
            logged = Some(time);
            if !offset.is_zero() {
                document.text(path, event_time::format(time));
                continue;
            }
        }
        document.set(path, FieldValue::Json(value));
    }
    let utc = data.iter().find(|(name, _)| is_sysmon && name == "UtcTime").and_then(|(_, text)| event_time::parse(text));
    let clock = match (logged, utc) {
        (Some(logged), Some(utc)) => (!OF_OTHER_CLOCKS.contains(&event_id)).then_some(EventClock::Sysmon { utc, logged }),
        (logged, _) => logged.map(EventClock::Logged),
    };
    if let Some(action) = action {
        document.text("event.action", action);
    }
    let rules = known.map(|provider| provider.rules(event_id));
    for (name, value) in data {
        value_of(name, value, is_sysmon, rules, &mut document);
    }
    if let Some(message) = message.filter(|_| only_message && known.is_some_and(|p| std::ptr::eq(p, classic_powershell()))) {
        powershell::of_message(&message, &mut document);
    }
    let flaw = (!unclear.is_empty()).then_some(Flaw::SameLabel);
    for (name, value) in unclear {
        document.leave(name, value);
    }
    network::community_id(&mut document);
    document.write(out).then_some(EcsEvent { clock, flaw })
}

fn classic_powershell() -> &'static Provider {
    static NONE: std::sync::LazyLock<Provider> = std::sync::LazyLock::new(Provider::default);
    provider("PowerShell").unwrap_or(&NONE)
}

/// What one value of `EventData` becomes.
fn value_of<'a>(
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    is_sysmon: bool,
    rules: Option<EventRules<'static>>,
    document: &mut EcsDocument<'a>,
) {
    if value.is_empty() || is_sysmon && EMPTY.contains(&value.as_ref()) {
        return;
    }
    let (mut left, mut value) = (true, value);
    let mut rules = rules.map_or([].iter(), |rules| rules.of(&name));
    while let Some(rule) = rules.next() {
        let taken_by_it = !rule.left && rules.as_slice().is_empty();
        let text = if taken_by_it { std::mem::take(&mut value) } else { value.clone() };
        match rule.how.apply(rule.to, text, document) {
            None => left &= rule.left,
            Some(text) => value = text,
        }
    }
    if left {
        document.leave(name, value);
    }
}

/// The fields that every event has.
fn describe<'a>(document: &mut EcsDocument<'a>, event: WindowsEvent<'a>, known: Option<&'static Provider>) {
    let unknown = EventKind::default();
    let kind = known.and_then(|provider| provider.kind(event.event_id)).unwrap_or(&unknown);
    document.text("ecs.version", ECS_VERSION);
    document.text("event.kind", "event");
    document.text("event.code", event.event_id.to_string());
    document.text("winlog.event_id", event.event_id.to_string());
    document.text("event.provider", event.provider.clone());
    if let Some(module) = module(&event) {
        document.text("event.module", module);
    }
    kind_words("event.category", &kind.category, document);
    kind_words("event.type", &kind.type_, document);
    let security = event.provider == "Microsoft-Windows-Security-Auditing";
    let number = event.task.as_deref().filter(|_| security).and_then(|task| word("task", task)).map(Cow::Borrowed);
    let unnamed = event.task.filter(|task| task.parse::<u64>().is_err());
    let task = event.task_name.or(unnamed).or(kind.task.map(Cow::Borrowed)).or(number);
    let action = kind.action.map(Cow::Borrowed).or_else(|| task.clone().filter(|_| acts(&event.provider)));
    document.some_text("event.action", action);
    document.some_text("event.outcome", kind.outcome.map(Cow::Borrowed));
    document.some_text("winlog.task", task);
    keywords(document, event.keywords, event.channel.as_deref());
    let level = event.level.and_then(|level| word("level", &level.to_string())).unwrap_or("information");
    document.text("log.level", level);
    if let Some(computer) = event.computer.filter(|computer| !computer.is_empty()) {
        document.text("host.hostname", part(&computer, |name| name.split('.').next().unwrap_or(name)));
        document.text("host.name", computer.clone());
        document.text("winlog.computer_name", computer);
    }
    for field in ["host.os.family", "host.os.platform", "host.os.type"] {
        document.text(field, "windows");
    }
    document.text("winlog.provider_name", event.provider);
    document.some_text("winlog.provider_guid", event.provider_guid);
    document.some_text("winlog.channel", event.channel);
    document.some_text("winlog.record_id", event.record_id);
    document.some_text("winlog.opcode", event.opcode);
    document.some_text("winlog.activity_id", event.activity_id);
    document.some_text("winlog.related_activity_id", event.related_activity_id);
    let numbers = [
        ("winlog.version", event.version),
        ("winlog.process.pid", event.process_id),
        ("winlog.process.thread.id", event.thread_id),
    ];
    numbers.into_iter().filter_map(|(field, n)| n.map(|n| (field, n))).for_each(|(field, n)| document.number(field, n));
    if event.user.sid.is_some() && known.is_some() && !security {
        document.some_text("user.id", event.user.sid.clone().filter(|_| module_of_user(document)));
    }
    let kind = event.user.kind.or_else(|| event.user.sid.is_some().then_some(Cow::Borrowed("User")));
    let service = event.user.sid.as_deref().is_some_and(|sid| ["S-1-5-18", "S-1-5-19", "S-1-5-20"].contains(&sid));
    document.some_text("winlog.user.type", kind.map(|kind| if service { Cow::Borrowed("Well Known Group") } else { kind }));
    document.some_text("winlog.user.identifier", event.user.sid);
    document.some_text("winlog.user.name", event.user.name);
    document.some_text("winlog.user.domain", event.user.domain);
    if !event.user_data.is_empty() {
        document.set("winlog.user_data", FieldValue::Json(Json::Object(event.user_data)));
    }
}

/// Whether the account that logs an event of this module is the one that acts.
fn module_of_user(document: &EcsDocument<'_>) -> bool {
    document.text_of("event.module") == Some("powershell")
}

/// Providers whose task says what was done.
fn acts(provider: &str) -> bool {
    ["Microsoft-Windows-Security-Auditing", "Microsoft-Windows-PowerShell", "PowerShell", "Microsoft-Windows-TaskScheduler"]
        .contains(&provider)
}

/// The module of winlogbeat that knows the event.
fn module(event: &WindowsEvent<'_>) -> Option<&'static str> {
    match event.provider.as_ref() {
        SYSMON => Some("sysmon"),
        "Microsoft-Windows-Security-Auditing" => Some("security"),
        "Microsoft-Windows-Eventlog" if [1100, 1102, 1104, 1105, 1108].contains(&event.event_id) => Some("security"),
        "Microsoft-Windows-PowerShell" if (4103..=4106).contains(&event.event_id) => Some("powershell"),
        "PowerShell" if [400, 403, 600, 800].contains(&event.event_id) => Some("powershell"),
        _ => None,
    }
}

fn kind_words(field: &'static str, words: &KindWords, document: &mut EcsDocument<'_>) {
    match words {
        KindWords::None => {}
        KindWords::One(word) => document.text(field, *word),
        KindWords::List(words) => {
            document.set(field, FieldValue::Texts(words.iter().map(|word| Cow::Borrowed(*word)).collect()));
        }
    }
}

/// Whether what was audited succeeded.
fn keywords(document: &mut EcsDocument<'_>, bits: Option<u64>, channel: Option<&str>) {
    let Some(bits) = bits.filter(|_| channel.is_some_and(|c| c.eq_ignore_ascii_case("security"))) else { return };
    let found = [(AUDIT_FAILURE, "failure", "Audit Failure"), (AUDIT_SUCCESS, "success", "Audit Success")];
    let Some((_, outcome, word)) = found.into_iter().find(|(bit, ..)| bits & bit != 0) else { return };
    document.text("event.outcome", outcome);
    document.set("winlog.keywords", FieldValue::Texts(vec![Cow::Borrowed(word)]));
}
