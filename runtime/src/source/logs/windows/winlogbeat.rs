//! Winlogbeat's documents as the beat writes them, before its pipeline: the values of the event are all in `winlog.event_data`.

use super::event::WindowsEvent;
use super::json::Json;
use super::tables::provider;
use crate::source::logs::flat_record::MOST_NAMES;
use std::borrow::Cow;

/// Whether no pipeline has seen the document.
pub(super) fn is(document: &Json<'_>) -> bool {
    let data = document.get("winlog").and_then(|winlog| winlog.get("event_data"));
    let event = document.get("event");
    let seen = |name| event.is_some_and(|event| event.get(name).is_some());
    data.is_some_and(|data| matches!(data, Json::Object(_))) && !seen("category") && !seen("module")
}

/// The event of a document, if something is known of it. The rest of the document stays around it.
pub(super) fn event(document: Json<'_>) -> Option<WindowsEvent<'_>> {
    let winlog = document.get("winlog")?;
    let text = |value: Option<&Json<'_>>| value.cloned().and_then(Json::into_text).map(Cow::into_owned);
    let name = text(winlog.get("provider_name")).or_else(|| text(document.get("event")?.get("provider")))?;
    let event_id = text(winlog.get("event_id")).or_else(|| text(document.get("event")?.get("code")))?.parse().ok()?;
    let known = provider(&name)?;
    let mut event = WindowsEvent { provider: Cow::Owned(name), event_id, ..WindowsEvent::default() };
    let mut left = MOST_NAMES;
    flatten(String::new(), document, &mut left, &mut event)?;
    let rules = known.rules(event_id);
    let useful = known.kind(event_id).is_some() || event.data.iter().any(|(name, _)| rules.of(name).next().is_some());
    useful.then_some(event)
}

/// `left` is what is left of [`MOST_NAMES`]. `None` where it is not enough: the document is told as what it is then.
fn flatten<'a>(path: String, value: Json<'a>, left: &mut usize, event: &mut WindowsEvent<'a>) -> Option<()> {
    *left = left.checked_sub(path.len())?;
    match value {
        Json::Object(members) if path == "winlog.event_data" => {
            let texts = members.into_iter().filter_map(|(name, value)| Some((name, value.into_text()?)));
            event.data.extend(texts);
        }
        Json::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let path = if path.is_empty() { name.into_owned() } else { [&path, ".", &name].concat() };
                flatten(path, value, left, event)?;
            }
        }
        other => event.around.push((path, other)),
    }
    Some(())
}
