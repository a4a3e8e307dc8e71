//! Windows events in whatever wrapping they come, as ECS documents.
//!
//! Lines are judged one by one: each wrapping recognises its own, and makes a [`event::WindowsEvent`] of it; [`ecs`] makes the
//! document, by the tables of `data/`. What is ECS already, and what nothing recognises, stays as it is. Files that have no lines,
//! [`EVTX`] and [`EVENTS_XML`], are formats of their own that cut them into such lines.

mod binary_value;
mod binary_xml;
mod command_line;
mod compound;
mod data;
mod document;
mod ecs;
mod event;
mod event_time;
mod event_tree;
mod evtx_file;
mod field_path;
mod json;
mod known_names;
mod network;
mod nxlog;
mod powershell;
mod skeleton;
mod splunk;
mod tables;
mod values;
mod winlogbeat;
mod words;
mod xml;

pub(super) use evtx_file::EVTX;
pub(super) use xml::EVENTS_XML;

use super::converted::DEEPEST;
use super::log_clock::LogTimeOffset;
use super::piece::Layout;
use crate::source::repair::{self, Flaw, Repaired};
use ecs::EcsEvent;
use json::{Json, write_text};
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Texts of which every wrapped event has one.
static MARKS: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| [Finder::new(b"\"EventID\""), Finder::new(b"\"event_data\""), Finder::new(b"\"result\"")]);
/// Keys of documents that a pipeline has seen. In a value they could not stand like that: its quotes are escaped.
static SEEN: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [Finder::new(b"\"category\":"), Finder::new(b"\"module\":\"")]);

/// Appends to `out` the ECS document of a line of such a block that is a Windows event in a wrapping; nothing of other lines. `offset`
/// is added to when it was logged.
pub(crate) fn event_of_block(layout: Layout, line: &[u8], offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EcsEvent> {
    if layout == Layout::Documents { None } else { windows_event(line, offset, out) }
}

/// As [`event_of_block`], of a line that no reader has made.
fn windows_event(line: &[u8], offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EcsEvent> {
    let line = line.trim_ascii();
    if line.starts_with(b"<Event") {
        let text = String::from_utf8_lossy(line);
        let flaw = matches!(text, Cow::Owned(_)).then_some(Flaw::NoCharacter);
        return of_xml(&text, offset, out).map(|event| EcsEvent { flaw, ..event });
    }
    let [own, beat, splunk] = &*MARKS;
    let of_beat = || beat.find(line).is_some() && SEEN.iter().all(|key| key.find(line).is_none());
    if own.find(line).is_none() && !of_beat() && splunk.find(line).is_none() {
        return None;
    }
    match Json::read(line) {
        Some(document) => converted(document, offset, out),
        None => not_so_deep(line, offset, out),
    }
}

/// As [`windows_event`], of a document that is nested deeper than it can be read. What has other flaws is mended by its parser.
fn not_so_deep(line: &[u8], offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EcsEvent> {
    let Repaired { json, flaws } = repair::json_within(line, DEEPEST)?;
    let (_, flaw) = *flaws.first()?;
    if flaws.iter().any(|(_, flaw)| *flaw != Flaw::TooDeep) {
        return None;
    }
    converted(Json::read(json.as_bytes())?, offset, out).map(|event| EcsEvent { flaw: Some(flaw), ..event })
}

/// As [`windows_event`], of a log in UTC.
#[cfg(test)]
fn ecs_of(line: &[u8]) -> Option<Vec<u8>> {
    event_of(line, LogTimeOffset::default()).map(|(document, _)| document)
}

/// The document of a line that is a Windows event, and what is known of it beside that.
#[cfg(test)]
fn event_of(line: &[u8], offset: LogTimeOffset) -> Option<(Vec<u8>, EcsEvent)> {
    let mut document = Vec::new();
    let event = windows_event(line, offset, &mut document)?;
    Some((document, event))
}

/// A document, or the `_source` of a hit.
fn converted(document: Json<'_>, offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EcsEvent> {
    match document {
        Json::Object(members) if members.iter().any(|(name, _)| name == "_source") => {
            let (start, mut clock) = (out.len(), None);
            for (at, (name, value)) in members.into_iter().enumerate() {
                out.push(if at == 0 { b'{' } else { b',' });
                write_text(&name, out);
                out.push(b':');
                if name != "_source" {
                    value.write(out);
                    continue;
                }
                let Some(event) = of_event(value, offset, out) else {
                    out.truncate(start);
                    return None;
                };
                clock = event.clock;
            }
            out.push(b'}');
            Some(EcsEvent { clock, flaw: None })
        }
        document if splunk::is(&document) => of_splunk(&document, offset, out),
        document => of_event(document, offset, out),
    }
}

fn of_event(document: Json<'_>, offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EcsEvent> {
    if nxlog::is(&document) {
        ecs::document(nxlog::event(&document)?, offset, out)
    } else if event_tree::is(&document) {
        ecs::document(event_tree::event(&document)?, offset, out)
    } else if winlogbeat::is(&document) {
        ecs::document(winlogbeat::event(document)?, offset, out)
    } else {
        None
    }
}

fn of_xml(element: &str, offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EcsEvent> {
    ecs::document(event_tree::event(&xml::tree(element)?)?, offset, out)
}

/// What Splunk kept of an event as it came; else what it has of it in fields.
fn of_splunk(document: &Json<'_>, offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EcsEvent> {
    let raw = document.get("result")?.get("_raw").and_then(Json::text).unwrap_or_default().trim();
    if raw.starts_with("<Event") {
        return of_xml(raw, offset, out);
    }
    if raw.starts_with('{')
        && let Some(ecs) = Json::read(raw.as_bytes()).and_then(|document| of_event(document, offset, out))
    {
        return Some(ecs);
    }
    ecs::document(splunk::event(document)?, offset, out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
