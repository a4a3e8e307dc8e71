//! An ECS document that is being made: values by path, written as nested JSON at the end.

use super::field_path::FieldPath;
use super::json::{Json, write_text};
use super::skeleton;
use foldhash::HashSet;
use std::borrow::Cow;

/// What a field of the document has.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldValue<'a> {
    Text(Cow<'a, str>),
    Number(i64),
    Bool(bool),
    Texts(Vec<Cow<'a, str>>),
    Json(Json<'a>),
}

/// Fields by path. A later value of a field takes the place of an earlier one.
#[derive(Debug)]
pub(super) struct EcsDocument<'a> {
    paths: Vec<FieldPath>,
    /// Of each path, in the same order.
    values: Vec<FieldValue<'a>>,
    /// The values of `winlog.event_data`.
    data: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The values of `related.*`: `hash`, `hosts`, `ip`, `user`.
    related: [Vec<Cow<'a, str>>; 4],
}

/// The lists of `related.*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RelatedList {
    Hash,
    Hosts,
    Ip,
    User,
}

const RELATED: [&str; 4] = ["related.hash", "related.hosts", "related.ip", "related.user"];

impl<'a> EcsDocument<'a> {
    pub(super) fn new() -> Self {
        // Most events have fewer fields and values than that.
        let (paths, values, data) = (Vec::with_capacity(96), Vec::with_capacity(96), Vec::with_capacity(16));
        Self { paths, values, data, related: Default::default() }
    }

    pub(super) fn set(&mut self, path: impl Into<FieldPath>, value: FieldValue<'a>) {
        self.paths.push(path.into());
        self.values.push(value);
    }

    pub(super) fn text(&mut self, path: impl Into<FieldPath>, text: impl Into<Cow<'a, str>>) {
        self.set(path, FieldValue::Text(text.into()));
    }

    /// As [`Self::text`], but any other value of the field wins.
    pub(super) fn text_if_no_other(&mut self, path: &'static str, text: Cow<'a, str>) {
        if self.values_of(path).next().is_none() {
            self.text(path, text);
        }
    }

    pub(super) fn number(&mut self, path: impl Into<FieldPath>, number: i64) {
        self.set(path, FieldValue::Number(number));
    }

    /// Sets a field that may be absent.
    pub(super) fn some_text(&mut self, path: &'static str, text: Option<Cow<'a, str>>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.text(path, text);
        }
    }

    /// Leaves a value in `winlog.event_data`.
    pub(super) fn leave(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
        self.data.push((name, value));
    }

    pub(super) fn relate(&mut self, list: RelatedList, value: Cow<'a, str>) {
        let values = match (list, &mut self.related) {
            (RelatedList::Hash, [values, ..])
            | (RelatedList::Hosts, [_, values, ..])
            | (RelatedList::Ip, [_, _, values, _])
            | (RelatedList::User, [.., values]) => values,
        };
        values.push(value);
    }

    /// The first text of a field.
    pub(super) fn text_of(&self, path: &str) -> Option<&str> {
        self.values_of(path).find_map(|value| if let FieldValue::Text(text) = value { Some(text.as_ref()) } else { None })
    }

    pub(super) fn number_of(&self, path: &str) -> Option<i64> {
        self.values_of(path).find_map(|value| if let FieldValue::Number(number) = value { Some(*number) } else { None })
    }

    fn values_of(&self, path: &str) -> impl Iterator<Item = &FieldValue<'a>> {
        self.paths.iter().zip(&self.values).filter(move |(other, _)| other.is(path)).map(|(_, value)| value)
    }

    /// Appends the document as one line of JSON. Returns whether it can be one: no value may stand in the way of an object.
    pub(super) fn write(mut self, out: &mut Vec<u8>) -> bool {
        for (path, values) in RELATED.into_iter().zip(std::mem::take(&mut self.related)) {
            if !values.is_empty() {
                self.set(path, FieldValue::Texts(distinct(values)));
            }
        }
        if !self.data.is_empty() {
            let data = named_texts(std::mem::take(&mut self.data));
            self.set("winlog.event_data", FieldValue::Json(data));
        }
        let values = self.values;
        skeleton::write_document(&self.paths, out, |place, out| {
            if let Some(value) = values.get(place) {
                value.write(out);
            }
        })
    }
}

impl FieldValue<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => write_text(text, out),
            // Writing into memory does not fail.
            Self::Number(number) => drop(serde_json::to_writer(out, number)),
            Self::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
            Self::Texts(texts) => {
                out.push(b'[');
                for (at, text) in texts.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    write_text(text, out);
                }
                out.push(b']');
            }
            Self::Json(json) => json.write(out),
        }
    }
}

/// The first of equal texts, in their order.
fn distinct(mut texts: Vec<Cow<'_, str>>) -> Vec<Cow<'_, str>> {
    /// Texts of real events: so few are compared faster one by one.
    const FEW: usize = 16;
    if texts.len() <= FEW {
        let mut at = 0;
        while let Some((text, before)) = texts.get(..=at).and_then(<[_]>::split_last) {
            if before.contains(text) { drop(texts.remove(at)) } else { at += 1 }
        }
        return texts;
    }
    let mut seen = HashSet::default();
    let first: Vec<bool> = texts.iter().map(|text| seen.insert(text.as_ref())).collect();
    let mut first = first.into_iter();
    texts.retain(|_| first.next().unwrap_or_default());
    texts
}

/// An object of texts. The values of a name that stands there twice become a list.
pub(super) fn named_texts<'a>(mut values: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Json<'a> {
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut members: Vec<(Cow<'a, str>, Json<'a>)> = Vec::with_capacity(values.len());
    for (name, value) in values {
        match members.last_mut() {
            Some((last, Json::List(list))) if *last == name => list.push(Json::Text(value)),
            Some((last, held)) if *last == name => {
                let before = std::mem::replace(held, Json::Null);
                *held = Json::List(vec![before, Json::Text(value)]);
            }
            _ => members.push((name, Json::Text(value))),
        }
    }
    Json::Object(members)
}
