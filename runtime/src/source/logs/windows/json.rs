//! JSON values that borrow from the line they stand in.

use crate::source::json_string::plain;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A JSON value. Numbers keep their spelling where it matters: whole ones are whole.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Whole(i64),
    /// A whole number that is larger than those.
    Large(u64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        /// As many as an event has with everything at the top.
        const MEMBERS: usize = 48;
        // Its texts are not looked at one by one then.
        let mut reader = serde_json::Deserializer::from_str(std::str::from_utf8(line).ok()?);
        let json = reader.deserialize_any(AnyValue { members: MEMBERS }).ok()?;
        reader.end().ok()?;
        Some(json)
    }

    /// The last value of a key, as other readers have it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.find(|name| name == key)
    }

    /// The last value of a key that is wanted.
    pub(super) fn find(&self, is_wanted: impl Fn(&str) -> bool) -> Option<&Self> {
        self.members().iter().rev().find(|(name, _)| is_wanted(name)).map(|(_, value)| value)
    }

    pub(super) fn members(&self) -> &[(Cow<'a, str>, Self)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// A scalar as text; objects and lists as JSON. `None` for null.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null => None,
            Self::Bool(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" })),
            Self::Whole(number) => Some(Cow::Owned(number.to_string())),
            Self::Large(number) => Some(Cow::Owned(number.to_string())),
            Self::Float(number) => Some(Cow::Owned(number.to_string())),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::List(_) | Self::Object(_) => {
                let mut json = Vec::new();
                self.write(&mut json);
                String::from_utf8(json).ok().map(Cow::Owned)
            }
        }
    }

    /// As [`Self::as_text`], without a copy of a text.
    pub(super) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            other => other.as_text().map(|text| Cow::Owned(text.into_owned())),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
            // Writing into memory does not fail.
            Self::Whole(number) => drop(serde_json::to_writer(out, number)),
            Self::Large(number) => drop(serde_json::to_writer(out, number)),
            Self::Float(number) => drop(serde_json::to_writer(out, number)),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                write_all(out, [b'[', b']'], items, Json::write);
            }
            Self::Object(members) => write_all(out, [b'{', b'}'], members, |(name, value), out| {
                write_text(name, out);
                out.push(b':');
                value.write(out);
            }),
        }
    }
}

fn write_all<T>(out: &mut Vec<u8>, around: [u8; 2], items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
    let [open, close] = around;
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(close);
}

/// A JSON string.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    let begin = out.len();
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (as_it_is, escaped) = rest.split_at_checked(plain(rest)).unwrap_or((rest, &[]));
        out.extend_from_slice(as_it_is);
        match escaped {
            [] => return out.push(b'"'),
            [byte @ (b'"' | b'\\'), behind @ ..] => {
                out.extend_from_slice(&[b'\\', *byte]);
                rest = behind;
            }
            // Few texts have control characters. Writing into memory does not fail.
            _ => {
                out.truncate(begin);
                return drop(serde_json::to_writer(out, text));
            }
        }
    }
}

impl<'a> Deserialize<'a> for Json<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue { members: 0 })
    }
}

struct AnyValue {
    /// How many members an object has room for from the start. Of those inside there may be millions in a line.
    members: usize,
}

/// A key that borrows where it can.
struct Key<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Text(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a key is a string")),
        }
    }
}

impl<'a> Visitor<'a> for AnyValue {
    type Value = Json<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'a>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Json<'a>, E> {
        Ok(Json::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'a>, E> {
        Ok(Json::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'a>, E> {
        Ok(i64::try_from(number).map_or(Json::Large(number), Json::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'a>, E> {
        Ok(Json::Float(number))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Json<'a>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'a>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Json<'a>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Json<'a>, A::Error> {
        let mut object = Vec::with_capacity(self.members);
        while let Some((Key(name), value)) = members.next_entry()? {
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn objects_in_a_line_take_no_more_room_than_they_need() {
        let Some(Json::List(items)) = Json::read(br#"[{},{"a":{}},{"a":1,"b":2,"c":3,"d":4,"e":5}]"#) else { panic!() };
        for (item, most) in items.into_iter().zip([0, 4, 8]) {
            let Json::Object(members) = item else { panic!() };
            assert!(members.capacity() <= most, "{}", members.capacity());
        }
    }

    #[test]
    fn only_a_whole_line_is_a_value() {
        assert_eq!(Json::read(b" {\"a\":1} \r"), Some(Json::Object(vec![(Cow::Borrowed("a"), Json::Whole(1))])));
        for line in [&b"{} {}"[..], b"{}x", b"{", b"", b"{\"a\":\"\xff\"}"] {
            assert_eq!(Json::read(line), None);
        }
    }

    #[test]
    fn a_text_of_any_length_is_escaped_where_it_has_to_be() {
        for length in 0..70 {
            for at in 0..=length {
                for inside in ["", "\"", "\\", "\n", "\u{1f}", "\u{7f}", "\u{2028}", "ä"] {
                    let text = ["a".repeat(at).as_str(), inside, &"b".repeat(length - at)].concat();
                    let mut json = Vec::new();
                    write_text(&text, &mut json);
                    assert_eq!(String::from_utf8(json).unwrap(), serde_json::to_string(&text).unwrap());
                }
            }
        }
    }
}
