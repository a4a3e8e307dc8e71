//! Reads documents into columns: one pass over the JSON text picks the wanted fields, nested, dotted or mixed.

use super::columns::{ColumnBuilder, RecordsBuilder};
use crate::source::repair::{self, Flaw};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
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

    /// A tree whose root itself is the value of a column.
    pub(super) fn of_one(column: usize) -> Self {
        Self { nodes: vec![Node { children: Vec::new(), columns: vec![column] }] }
    }

    /// Pushes a value and those in it.
    pub(super) fn read_value(&self, json: &str, builder: &mut RecordsBuilder) -> Result<(), serde_json::Error> {
        self.walk(&mut serde_json::Deserializer::from_str(json), builder)
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

    /// Pushes the wanted values of a document. A document that is no valid JSON because of single values, which servers keep, is
    /// mended, and its first flaw returned. After an error the caller must drop the values pushed so far.
    pub(super) fn read(&self, json: &str, builder: &mut RecordsBuilder) -> Result<Option<Flaw>, serde_json::Error> {
        let mut strict = serde_json::Deserializer::from_str(json);
        let error = match self.walk(&mut strict, builder) {
            Ok(()) => return Ok(None),
            Err(error) => error,
        };
        let Some(repaired) = repair::json(json.as_bytes()) else { return Err(error) };
        builder.forget_record();
        // Its depth has a limit now, which is more than that of the library.
        let mut deep = serde_json::Deserializer::from_str(&repaired.json);
        deep.disable_recursion_limit();
        self.walk(&mut deep, builder)?;
        Ok(repaired.flaws.first().map(|(_, flaw)| *flaw))
    }

    fn walk(&self, json: &mut JsonText<'_>, builder: &mut RecordsBuilder) -> Result<(), serde_json::Error> {
        Walk { tree: self, at: 0, columns: &mut builder.columns }.deserialize(json)
    }

    /// Pushes the wanted values of a document that stands in a longer text. Only an object is one.
    pub(super) fn object<'d>(&'d self, builder: &'d mut RecordsBuilder) -> DocumentObject<'d> {
        DocumentObject { tree: self, columns: &mut builder.columns }
    }
}

/// A document that is read where it stands.
pub(super) struct DocumentObject<'d> {
    tree: &'d FieldTree,
    columns: &'d mut [ColumnBuilder],
}

impl<'de> DeserializeSeed<'de> for DocumentObject<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for DocumentObject<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Walk { tree: self.tree, at: 0, columns: self.columns }.visit_map(map)
    }
}

type JsonText<'a> = serde_json::Deserializer<serde_json::de::StrRead<'a>>;

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
    fn a_value_that_is_no_json_does_not_hide_a_record() {
        let deep = |n: usize| format!("{}7{}", "[".repeat(n), "]".repeat(n));
        for (value, wanted, mended) in [
            ("1e400".to_owned(), vec![text("1e400")], true),
            ("[-1e400,5]".to_owned(), vec![text("-1e400"), Scalar::Int(5)], true),
            (deep(200), vec![Scalar::Int(7)], false),
            (deep(100_000), vec![], true),
        ] {
            let tree = FieldTree::new([("a", 0), ("b", 1)]);
            let mut builder = RecordsBuilder::new(2, false);
            let flaw = tree.read(&format!("{{\"a\":{value},\"b\":1}}"), &mut builder).unwrap();
            builder.end_record("i", "1", None);
            let records = builder.finish(["a", "b"].into_iter());
            let values = |c: usize| records.columns[c].1.values(0).cloned().collect::<Vec<_>>();
            assert_eq!((values(0), values(1), flaw.is_some()), (wanted, vec![Scalar::Int(1)], mended));
        }
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
