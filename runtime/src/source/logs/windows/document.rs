//! An ECS document that is being made: values by path, written as nested JSON at the end.

use super::json::{Json, write_text};
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
    fields: Vec<(Cow<'static, str>, FieldValue<'a>)>,
    /// The values of `winlog.event_data`.
    data: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The values of `related.*`, without repetition: `hash`, `hosts`, `ip`, `user`.
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
        // Most events have fewer fields than that.
        Self { fields: Vec::with_capacity(96), data: Vec::new(), related: Default::default() }
    }

    pub(super) fn set(&mut self, path: impl Into<Cow<'static, str>>, value: FieldValue<'a>) {
        self.fields.push((path.into(), value));
    }

    pub(super) fn text(&mut self, path: impl Into<Cow<'static, str>>, text: impl Into<Cow<'a, str>>) {
        self.set(path, FieldValue::Text(text.into()));
    }

    /// As [`Self::text`], but any other value of the field wins.
    pub(super) fn text_if_no_other(&mut self, path: &'static str, text: Cow<'a, str>) {
        self.fields.insert(0, (path.into(), FieldValue::Text(text)));
    }

    pub(super) fn number(&mut self, path: impl Into<Cow<'static, str>>, number: i64) {
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
        if !values.contains(&value) {
            values.push(value);
        }
    }

    /// The first text of a field.
    pub(super) fn text_of(&self, path: &str) -> Option<&str> {
        self.fields.iter().find_map(|(name, value)| match value {
            FieldValue::Text(text) if name == path => Some(text.as_ref()),
            _ => None,
        })
    }

    pub(super) fn number_of(&self, path: &str) -> Option<i64> {
        self.fields.iter().find_map(|(name, value)| match value {
            FieldValue::Number(number) if name == path => Some(*number),
            _ => None,
        })
    }

    /// The document as one line of JSON. `None` where a value stands in the way of an object.
    pub(super) fn into_json(mut self) -> Option<Vec<u8>> {
        for (path, values) in RELATED.into_iter().zip(std::mem::take(&mut self.related)) {
            if !values.is_empty() {
                self.set(path, FieldValue::Texts(values));
            }
        }
        if !self.data.is_empty() {
            let data = named_texts(std::mem::take(&mut self.data));
            self.set("winlog.event_data", FieldValue::Json(data));
        }
        // Of equal paths the one that was set last comes last.
        let mut places: Vec<([u128; 2], usize)> =
            self.fields.iter().enumerate().map(|(at, (path, _))| (beginning(path), at)).collect();
        let path = |at: usize| self.fields.get(at).map_or("", |(path, _)| path.as_ref());
        let rest = |at: usize| path(at).bytes().skip(BEGINNING).map(rank);
        places.sort_unstable_by(|(a, at), (b, bt)| a.cmp(b).then_with(|| rest(*at).cmp(rest(*bt))).then_with(|| at.cmp(bt)));
        let mut fields = places.iter().filter_map(|(_, at)| self.fields.get(*at)).peekable();
        let mut out = Vec::with_capacity(4096);
        out.push(b'{');
        let mut open: Vec<&str> = Vec::new();
        let mut around = "";
        let mut first = true;
        while let Some((path, value)) = fields.next() {
            if let Some((next, _)) = fields.peek() {
                match next.strip_prefix(path.as_ref()) {
                    Some("") => continue,
                    Some(rest) if rest.starts_with('.') => return None,
                    _ => {}
                }
            }
            let (parents, leaf) = parted(path);
            if parents != around {
                around = parents;
                let same = open.iter().zip(parents.split('.')).take_while(|(a, b)| *a == b).count();
                if same < open.len() {
                    out.extend(std::iter::repeat_n(b'}', open.len() - same));
                    first = false;
                }
                open.truncate(same);
                for parent in parents.split('.').skip(same).filter(|_| !parents.is_empty()) {
                    begin(parent, &mut first, &mut out);
                    out.push(b'{');
                    first = true;
                    open.push(parent);
                }
            }
            begin(leaf, &mut first, &mut out);
            value.write(&mut out);
        }
        out.extend(std::iter::repeat_n(b'}', open.len() + 1));
        Some(out)
    }
}

/// Most paths are shorter than that.
const BEGINNING: usize = 32;

/// The first bytes of a path, in the order of paths.
fn beginning(path: &str) -> [u128; 2] {
    let mut bytes = [NO_BYTE; BEGINNING];
    let length = path.len().min(BEGINNING);
    if let (Some(to), Some(from)) = (bytes.get_mut(..length), path.as_bytes().get(..length)) {
        to.copy_from_slice(from);
    }
    let ranks = bytes.map(rank);
    let (halves, _) = ranks.as_chunks::<16>();
    [0, 1].map(|at| halves.get(at).map_or(0, |half| u128::from_be_bytes(*half)))
}

/// The path of a field in the object that a rule names.
pub(super) fn under(object: &str, field: &str) -> String {
    [object, ".", field].concat()
}

/// Stands behind the end of a path, and is first in the order.
const NO_BYTE: u8 = 254;

/// The place of a byte in the order of paths: dots are first, so that what is in an object follows it. No text has bytes above 0xf4.
const fn rank(byte: u8) -> u8 {
    if byte == b'.' { 1 } else { byte.wrapping_add(2) }
}

/// A path without its last name, and that name.
fn parted(path: &str) -> (&str, &str) {
    // Paths are too short for a search that looks at many bytes at once.
    let dot = path.bytes().rposition(|byte| byte == b'.');
    dot.and_then(|dot| Some((path.get(..dot)?, path.get(dot + 1..)?))).unwrap_or(("", path))
}

fn begin(name: &str, first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::replace(first, false) {
        out.push(b',');
    }
    write_text(name, out);
    out.push(b':');
}

impl FieldValue<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => write_text(text, out),
            Self::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn json(paths: &[&'static str]) -> Option<String> {
        let mut document = EcsDocument::new();
        for (number, path) in paths.iter().enumerate() {
            document.number(*path, number as i64);
        }
        document.into_json().map(|json| String::from_utf8(json).unwrap())
    }

    #[test]
    fn paths_become_objects_in_the_order_of_their_names() {
        let wanted = r#"{"a":{"b":{"c":3},"b-c":2,"d":1},"a-b":4,"b":5}"#;
        assert_eq!(json(&["b", "a.d", "a.b-c", "a.b.c", "a-b", "b"]).unwrap(), wanted);
        let long = r#"{"process":{"parent":{"executable":{"text":1},"executable-2":0,"name":2}}}"#;
        let paths = ["process.parent.executable-2", "process.parent.executable.text", "process.parent.name"];
        assert_eq!(json(&paths).unwrap(), long);
        assert_eq!(json(&[]).unwrap(), "{}");
    }

    #[test]
    fn a_value_in_the_way_of_an_object_is_no_document() {
        assert_eq!(json(&["a.c", "a-b", "a"]), None);
        assert_eq!(json(&["a.b", "a.b\0", "a.b.c"]), None);
        assert!(json(&["a.b", "a.bc", "ab.c"]).is_some());
    }
}
