//! Events as trees of `System`, `EventData` and `UserData`: what evtx_dump and Velociraptor write as JSON, and what XML says.

use super::event::{WindowsEvent, bits, number};
use super::event_time;
use super::json::Json;
use huntc_compiler::time::Instant;
use std::borrow::Cow;

/// The tree of an event in a document: below `Event`, or the document itself.
fn tree<'j, 'a>(document: &'j Json<'a>) -> &'j Json<'a> {
    document.get("Event").unwrap_or(document)
}

/// Whether a document is such a tree.
pub(super) fn is(document: &Json<'_>) -> bool {
    tree(document).get("System").is_some_and(|system| system.get("EventID").is_some())
}

/// What stands for an attribute: below `#attributes`, with `@`, or a member like others.
fn attribute<'j, 'a>(element: &'j Json<'a>, name: &str) -> Option<&'j Json<'a>> {
    let marked = || element.find(|member| member.strip_prefix('@') == Some(name));
    let attributes = element.get("#attributes");
    attributes.and_then(|attributes| attributes.get(name)).or_else(marked).or_else(|| element.get(name))
}

/// The text of an element: itself, its `#text`, or its `Value`.
fn text<'j>(element: &'j Json<'_>) -> Option<Cow<'j, str>> {
    match element {
        Json::Object(_) => element.get("#text").or_else(|| element.get("Value")).and_then(text),
        Json::List(items) => {
            let texts: Vec<String> = items.iter().filter_map(text).map(Cow::into_owned).collect();
            (!texts.is_empty()).then(|| Cow::Owned(texts.join("\n")))
        }
        Json::Text(text) if is_bare_guid(text) => Some(Cow::Owned(format!("{{{}}}", text.to_lowercase()))),
        scalar => scalar.as_text(),
    }
}

/// A GUID as evtx_dump writes it: in large letters and without braces. Texts that name one without braces have small letters.
fn is_bare_guid(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
    text.len() == 36 && text.bytes().enumerate().all(|(at, b)| if [8, 13, 18, 23].contains(&at) { b == b'-' } else { digit(b) })
}

/// A child's text.
fn child<'j>(element: &'j Json<'_>, name: &str) -> Option<Cow<'j, str>> {
    element.get(name).and_then(text)
}

/// An attribute of a child.
fn child_attribute<'j>(element: &'j Json<'_>, child: &str, name: &str) -> Option<Cow<'j, str>> {
    let beside = || element.get(&format!("{child}_attributes")).and_then(|attributes| attributes.get(name));
    element.get(child).and_then(|child| attribute(child, name)).or_else(beside).and_then(text)
}

/// A time as text, or as seconds since 1970, which Velociraptor writes.
fn time(element: &Json<'_>) -> Option<Instant> {
    let found = element.get("TimeCreated").and_then(|created| attribute(created, "SystemTime"));
    let beside = || element.get("TimeCreated_attributes").and_then(|attributes| attributes.get("SystemTime"));
    match found.or_else(beside).or_else(|| element.get("TimeCreated"))? {
        Json::Whole(seconds) => seconds.checked_mul(1_000_000_000).map(Instant),
        // A float of this size is exact to a quarter of a microsecond; two parts keep it so.
        Json::Float(seconds) if seconds.abs() < 1e10 => {
            let nanos = (seconds.fract() * 1e6).round() as i64 * 1_000;
            Some(Instant(seconds.trunc() as i64 * 1_000_000_000 + nanos))
        }
        other => event_time::parse(other.text()?),
    }
}

/// The event of a document.
pub(super) fn event<'j>(document: &'j Json<'_>) -> Option<WindowsEvent<'j>> {
    let tree = tree(document);
    let system = tree.get("System")?;
    let rendering = tree.get("RenderingInfo");
    let rendered = |name: &str| rendering.and_then(|rendering| child(rendering, name)).filter(|text| !text.is_empty());
    let mut event = WindowsEvent {
        provider: child_attribute(system, "Provider", "Name")
            .or_else(|| child_attribute(system, "Provider", "EventSourceName"))
            .or_else(|| child(system, "Provider"))?,
        provider_guid: child_attribute(system, "Provider", "Guid"),
        event_id: child(system, "EventID")?.trim().parse().ok()?,
        channel: child(system, "Channel"),
        computer: child(system, "Computer"),
        record_id: child(system, "EventRecordID"),
        version: child(system, "Version").as_deref().and_then(number),
        level: child(system, "Level").as_deref().and_then(bits),
        task: child(system, "Task"),
        task_name: rendered("Task"),
        opcode: rendered("Opcode"),
        keywords: child(system, "Keywords").as_deref().and_then(bits),
        created: time(system),
        process_id: child_attribute(system, "Execution", "ProcessID").as_deref().and_then(number),
        thread_id: child_attribute(system, "Execution", "ThreadID").as_deref().and_then(number),
        activity_id: child_attribute(system, "Correlation", "ActivityID"),
        related_activity_id: child_attribute(system, "Correlation", "RelatedActivityID"),
        message: rendered("Message").or_else(|| child(document, "Message").filter(|text| !text.is_empty())),
        ..WindowsEvent::default()
    };
    event.user.sid = child_attribute(system, "Security", "UserID").filter(|sid| !sid.is_empty());
    if let Some(data) = tree.get("EventData") {
        event_data(data, &mut event);
    }
    if let Some(data) = tree.get("UserData") {
        user_data(data, &mut event);
    }
    Some(event)
}

/// Names with values, or `Data` elements with a name as attribute; those without name are `param1`, `param2` and so on.
fn event_data<'j>(data: &'j Json<'_>, event: &mut WindowsEvent<'j>) {
    let mut values = EventData { values: &mut event.data, parameters: 0 };
    if let Json::List(items) = data {
        return items.iter().for_each(|item| values.element(item));
    }
    for (name, value) in data.members() {
        match (name.as_ref(), value) {
            ("#attributes" | "xmlns", _) => {}
            ("Data", Json::List(items)) => {
                values.values.reserve(items.len());
                for item in items {
                    values.element(item);
                }
            }
            ("Data", Json::Object(members)) if members.iter().all(|(name, _)| name == "#text") => match value.get("#text") {
                Some(Json::List(items)) => items.iter().for_each(|item| values.element(item)),
                _ => values.element(value),
            },
            ("Data", value) => values.element(value),
            (name, Json::List(items)) => items.iter().filter_map(text).for_each(|text| values.push(Cow::Borrowed(name), text)),
            (name, value) => text(value).into_iter().for_each(|text| values.push(Cow::Borrowed(name), text)),
        }
    }
}

/// The values of `EventData` that were read so far.
struct EventData<'e, 'j> {
    values: &'e mut Vec<(Cow<'j, str>, Cow<'j, str>)>,
    /// How many of their names are `param` and a number.
    parameters: usize,
}

impl<'j> EventData<'_, 'j> {
    fn push(&mut self, name: Cow<'j, str>, value: Cow<'j, str>) {
        self.parameters += usize::from(name.strip_prefix("param").is_some_and(|number| number.parse::<u32>().is_ok()));
        self.values.push((name, value));
    }

    fn element(&mut self, element: &'j Json<'_>) {
        let name = matches!(element, Json::Object(_)).then(|| attribute(element, "Name").and_then(text)).flatten();
        match (name, text(element)) {
            (Some(name), Some(value)) => self.push(name, value),
            (Some(_), None) => {}
            // An unnamed element without text still counts.
            (None, value) => self.push(Cow::Owned(format!("param{}", self.parameters + 1)), value.unwrap_or_default()),
        }
    }
}

/// The one element of `UserData`: its values, with its name. Events whose values are there are known by them too.
fn user_data<'j>(data: &'j Json<'_>, event: &mut WindowsEvent<'j>) {
    let elements = data.members().iter().filter(|(name, _)| name != "#attributes" && name != "xmlns");
    for (name, element) in elements {
        event.user_data.push((Cow::Borrowed("xml_name"), Json::Text(Cow::Borrowed(name))));
        let values =
            element.members().iter().filter(|(name, _)| !["#attributes", "xmlns", "xmlns:auto-ns2"].contains(&name.as_ref()));
        for (name, value) in values {
            let text = text(value);
            // An element may have attributes or children beside its text.
            let of_text = |name: &str| ["#text", "Value", "xmlns"].contains(&name);
            if text.is_none() && !value.members().is_empty() || value.members().iter().any(|(name, _)| !of_text(name)) {
                event.user_data.push((Cow::Borrowed(name.as_ref()), value.clone()));
            }
            event.data.extend(text.map(|text| (Cow::Borrowed(name.as_ref()), text)));
        }
    }
}
