//! Reads documents into columns: one pass over the JSON text picks the wanted fields, nested, dotted or mixed.

use super::columns::{ColumnBuilder, RecordsBuilder};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The wanted fields as a tree of the parts of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldTree {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    children: Vec<(String, usize)>,
    /// The columns that take the values of this node.
    columns: Vec<usize>,
}

impl FieldTree {
    /// A tree from pairs of a dotted path and its column.
    pub(super) fn new<'a>(paths: impl IntoIterator<Item = (&'a str, usize)>) -> Self {
        let mut tree = Self { nodes: vec![Node::default()] };
        for (path, column) in paths {
            let mut at = 0;
            for part in path.split('.') {
                at = tree.child(at, part).unwrap_or_else(|| {
                    tree.nodes.push(Node::default());
                    let new = tree.nodes.len() - 1;
                    tree.nodes[at].children.push((part.to_owned(), new));
                    new
                });
            }
            tree.nodes[at].columns.push(column);
        }
        tree
    }

    fn child(&self, at: usize, part: &str) -> Option<usize> {
        self.nodes[at].children.iter().find(|(name, _)| name == part).map(|(_, node)| *node)
    }

    /// The node that a key leads to; the key may contain dots.
    fn step(&self, at: usize, key: &str) -> Option<usize> {
        if let Some(node) = self.child(at, key) {
            return Some(node);
        }
        if !key.contains('.') {
            return None;
        }
        key.split('.').try_fold(at, |at, part| self.child(at, part))
    }

    /// Pushes the wanted values of a document. After an error the caller must drop the values pushed so far.
    pub(super) fn read(&self, json: &str, builder: &mut RecordsBuilder) -> Result<(), serde_json::Error> {
        self.read_once(json, builder).or_else(|_| {
            // Servers keep half a surrogate pair, which is no valid text. It must not hide the rest of the record.
            builder.forget_record();
            self.read_once(&without_lone_surrogates(json), builder)
        })
    }

    fn read_once(&self, json: &str, builder: &mut RecordsBuilder) -> Result<(), serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        Walk { tree: self, at: 0, columns: &mut builder.columns }.deserialize(&mut deserializer)
    }
}

/// Visits a value below a node of the tree.
struct Walk<'t, 'c> {
    tree: &'t FieldTree,
    at: usize,
    columns: &'c mut [ColumnBuilder],
}

impl Walk<'_, '_> {
    fn push(&mut self, push: impl Fn(&mut ColumnBuilder)) {
        for column in &self.tree.nodes[self.at].columns {
            if let Some(column) = self.columns.get_mut(*column) {
                push(column);
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<(), E> {
        self.push(|c| c.push_bool(value));
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.push(|c| c.push_int(value));
        Ok(())
    }

    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.push(|c| c.push_int(value)),
            Err(_) => self.push(|c| c.push_float(value as f64)),
        }
        Ok(())
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        self.push(|c| c.push_float(value));
        Ok(())
    }

    fn visit_str<E: Error>(mut self, value: &str) -> Result<(), E> {
        self.push(|c| c.push_text(value));
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Walk { tree: self.tree, at: self.at, columns: self.columns })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(step) = map.next_key_seed(Key { tree: self.tree, at: self.at })? {
            match step {
                Some(at) => map.next_value_seed(Walk { tree: self.tree, at, columns: self.columns })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Visits a key, and finds the node that it leads to.
struct Key<'t> {
    tree: &'t FieldTree,
    at: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.tree.step(self.at, key))
    }
}

/// JSON text with U+FFFD for each escape of half a surrogate pair.
fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let escape = |at: usize| -> Option<u32> {
        let text = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(text, 16).ok()
    };
    let bytes = json.as_bytes();
    let mut out = String::new();
    let (mut copied, mut i) = (0, 0);
    while let Some(&byte) = bytes.get(i) {
        if byte != b'\\' {
            i += 1;
            continue;
        }
        match escape(i) {
            Some(0xd800..=0xdbff) if matches!(escape(i + 6), Some(0xdc00..=0xdfff)) => i += 12,
            Some(0xd800..=0xdfff) => {
                out.push_str(json.get(copied..i).unwrap_or_default());
                out.push_str("\\ufffd");
                i += 6;
                copied = i;
            }
            _ => i += 2,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::Scalar;

    fn read(fields: &[&str], json: &str) -> Vec<Vec<Scalar>> {
        let tree = FieldTree::new(fields.iter().copied().zip(0..));
        let mut builder = RecordsBuilder::new(fields.len(), false);
        tree.read(json, &mut builder).unwrap();
        builder.end_record("i", "1", None);
        let records = builder.finish(fields.iter().copied());
        (0..fields.len()).map(|c| records.columns[c].1.values(0).cloned().collect()).collect()
    }

    fn text(t: &str) -> Scalar {
        Scalar::Text(t.into())
    }

    #[test]
    fn nested_dotted_and_mixed_documents_are_the_same() {
        let fields = ["process.name", "process.parent.name", "process.pid"];
        let documents = [
            r#"{"process":{"name":"a","parent":{"name":"b"},"pid":4}}"#,
            r#"{"process.name":"a","process.parent.name":"b","process.pid":4}"#,
            r#"{"process":{"parent.name":"b","name":"a","other":[{"name":"x"}]},"process.pid":4}"#,
            r#"{"process.parent":{"name":"b"},"process":{"name":"a","pid":4},"name":"x"}"#,
        ];
        for document in documents {
            assert_eq!(read(&fields, document), [vec![text("a")], vec![text("b")], vec![Scalar::Int(4)]], "{document}");
        }
    }

    #[test]
    fn arrays_nulls_objects_and_numbers() {
        let json = r#"{"a":[1,"x",null,[true,2.5],{"b":["y",{"b":0}]}],"c":{},"d":null,"e":18446744073709551615}"#;
        let values = read(&["a", "a.b", "c", "d", "e"], json);
        assert_eq!(values[0], [Scalar::Int(1), text("x"), Scalar::Bool(true), Scalar::Float(2.5)]);
        assert_eq!(values[1], [text("y")]);
        assert_eq!((&values[2], &values[3]), (&vec![], &vec![]));
        assert_eq!(values[4], [Scalar::Float(18_446_744_073_709_551_615.0)]);
    }

    #[test]
    fn numbers_are_the_nearest_floats_as_in_the_store() {
        for digits in (1_u64..2_000).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 5) {
            let text = format!("{}.{digits}e-3", digits % 1_000);
            assert_eq!(read(&["a"], &format!("{{\"a\":{text}}}"))[0], [Scalar::Float(text.parse().unwrap())], "{text}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_does_not_hide_a_record() {
        let json = r#"{"a":"evil\ud800.exe","b":"\ud83d\ude00 \\ud800 \udc00","c":"fine"}"#;
        let values = read(&["a", "b", "c"], json);
        assert_eq!(values, [vec![text("evil\u{fffd}.exe")], vec![text("😀 \\ud800 \u{fffd}")], vec![text("fine")]]);
    }

    #[test]
    fn broken_documents_are_errors() {
        let tree = FieldTree::new([("a", 0)]);
        let mut builder = RecordsBuilder::new(1, false);
        for json in ["", "{", r#"{"a":"#, r#"{"a":"x"#] {
            assert!(tree.read(json, &mut builder).is_err(), "{json}");
        }
    }
}
