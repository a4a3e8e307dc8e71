//! The text of documents without their values. Events of one kind set the same paths in the same order again and again: how their
//! objects are nested is worked out once.

use super::field_path::FieldPath;
use super::json::write_text;
use foldhash::{HashMap, HashMapExt};
use std::cell::RefCell;

/// What stands around the values of documents that have the same paths in the same order.
#[derive(Debug)]
pub(super) struct Skeleton {
    /// All of the text but the values.
    text: Vec<u8>,
    /// The values that are written, in their order: how far the text in front of each goes, and its place among the paths.
    values: Vec<(usize, usize)>,
}

/// How many are kept, and the bytes that the paths of one may have: documents around an event may be a stranger's.
const KEPT: usize = 512;
const LONGEST: usize = 16 << 10;

thread_local! {
    /// Those seen before; `None` of paths that cannot stand in one document.
    static SEEN: RefCell<HashMap<Box<[FieldPath]>, Option<Skeleton>>> = RefCell::new(HashMap::new());
}

/// Appends the document with these paths. `write` writes the value at a place among them. Returns whether they can stand in one: where
/// a value stands in the way of an object, nothing is written.
pub(super) fn write_document(paths: &[FieldPath], out: &mut Vec<u8>, write: impl FnMut(usize, &mut Vec<u8>)) -> bool {
    SEEN.with_borrow_mut(|seen| {
        if let Some(skeleton) = seen.get(paths) {
            return skeleton.as_ref().map(|skeleton| skeleton.fill(out, write)).is_some();
        }
        let skeleton = Skeleton::of(paths);
        let is_one = skeleton.as_ref().map(|skeleton| skeleton.fill(out, write)).is_some();
        if paths.iter().map(FieldPath::len).sum::<usize>() <= LONGEST {
            if seen.len() == KEPT {
                seen.clear();
            }
            seen.insert(paths.into(), skeleton);
        }
        is_one
    })
}

impl Skeleton {
    /// Objects and fields in the order of their names. Of equal paths the last one counts.
    fn of(paths: &[FieldPath]) -> Option<Self> {
        let paths: Vec<String> = paths.iter().map(FieldPath::to_string).collect();
        let mut sorted: Vec<(&str, usize)> = paths.iter().map(String::as_str).zip(0..).collect();
        sorted.sort_by(|(a, _), (b, _)| a.bytes().map(rank).cmp(b.bytes().map(rank)));
        let mut sorted = sorted.into_iter().peekable();
        let mut skeleton = Self { text: vec![b'{'], values: Vec::with_capacity(paths.len()) };
        let mut open: Vec<&str> = Vec::new();
        let mut around = "";
        let mut first = true;
        while let Some((path, place)) = sorted.next() {
            if let Some((next, _)) = sorted.peek() {
                match next.strip_prefix(path) {
                    Some("") => continue,
                    Some(rest) if rest.starts_with('.') => return None,
                    _ => {}
                }
            }
            let (parents, leaf) = path.rsplit_once('.').unwrap_or(("", path));
            if parents != around {
                around = parents;
                let same = open.iter().zip(parents.split('.')).take_while(|(a, b)| *a == b).count();
                if same < open.len() {
                    skeleton.text.extend(std::iter::repeat_n(b'}', open.len() - same));
                    first = false;
                }
                open.truncate(same);
                for parent in parents.split('.').skip(same).filter(|_| !parents.is_empty()) {
                    skeleton.begin(parent, &mut first);
                    skeleton.text.push(b'{');
                    first = true;
                    open.push(parent);
                }
            }
            skeleton.begin(leaf, &mut first);
            skeleton.values.push((skeleton.text.len(), place));
        }
        skeleton.text.extend(std::iter::repeat_n(b'}', open.len() + 1));
        Some(skeleton)
    }

    fn begin(&mut self, name: &str, first: &mut bool) {
        if !std::mem::replace(first, false) {
            self.text.push(b',');
        }
        write_text(name, &mut self.text);
        self.text.push(b':');
    }

    fn fill(&self, out: &mut Vec<u8>, mut write: impl FnMut(usize, &mut Vec<u8>)) {
        let mut written = 0;
        for (end, place) in &self.values {
            out.extend_from_slice(self.text.get(written..*end).unwrap_or_default());
            write(*place, out);
            written = *end;
        }
        out.extend_from_slice(self.text.get(written..).unwrap_or_default());
    }
}

/// The place of a byte in the order of paths: dots are first, so that what is in an object follows it.
fn rank(byte: u8) -> u8 {
    // No text has the highest byte.
    if byte == b'.' { 0 } else { byte.saturating_add(1) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::logs::windows::field_path::under;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    /// The document whose values are their places, from `base` on.
    fn numbered(paths: &[FieldPath], base: usize) -> Option<String> {
        let mut document = Vec::new();
        let is_one =
            write_document(paths, &mut document, |place, out| out.extend_from_slice((base + place).to_string().as_bytes()));
        assert!(is_one || document.is_empty());
        is_one.then(|| String::from_utf8(document).unwrap())
    }

    fn json(paths: &[&str]) -> Option<String> {
        let paths: Vec<_> = paths.iter().map(|path| FieldPath::from((*path).to_owned())).collect();
        numbered(&paths, 0)
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
        for _ in 0..2 {
            assert_eq!(json(&["a.c", "a-b", "a"]), None);
            assert_eq!(json(&["a.b", "a.b\0", "a.b.c"]), None);
            assert!(json(&["a.b", "a.bc", "ab.c"]).is_some());
        }
    }

    #[test]
    fn a_path_in_two_parts_is_the_same_field() {
        let paths = [under("process", "hash.md5"), FieldPath::from("process.hash.md5"), under("process.hash", "sha1")];
        assert_eq!(numbered(&paths, 0).unwrap(), r#"{"process":{"hash":{"md5":1,"sha1":2}}}"#);
        assert!(paths.iter().take(2).all(|path| path.is("process.hash.md5") && !path.is("process.hash.md") && !path.is("md5")));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        for number in 0..2 * KEPT {
            assert_eq!(json(&[&format!("a.{number}")]).unwrap(), format!(r#"{{"a":{{"{number}":0}}}}"#));
            assert!(SEEN.with_borrow(HashMap::len) <= KEPT);
        }
        SEEN.with_borrow_mut(HashMap::clear);
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(json(&[&long]).unwrap(), format!(r#"{{"{long}":0}}"#));
        assert!(SEEN.with_borrow(HashMap::is_empty));
    }

    /// As [`numbered`], value by value.
    fn nested(paths: &[FieldPath], base: usize) -> Option<Value> {
        let mut document = Map::new();
        for (place, path) in paths.iter().enumerate() {
            let path = path.to_string();
            let (parents, leaf) = path.rsplit_once('.').unwrap_or(("", &path));
            let parents = parents.split('.').filter(|parent| !parent.is_empty());
            let object = parents.into_iter().try_fold(&mut document, |object, parent| {
                object.entry(parent).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
            })?;
            if object.insert(leaf.to_owned(), (base + place).into()).is_some_and(|value| value.is_object()) {
                return None;
            }
        }
        Some(Value::Object(document))
    }

    fn any_path() -> impl Strategy<Value = FieldPath> {
        const NAMES: [&str; 6] = ["a", "b", "a-b", "ab", "a.b", "b.a\"ä"];
        let name = || proptest::sample::select(&NAMES[..]);
        prop_oneof![
            name().prop_map(FieldPath::from),
            (name(), name()).prop_map(|(object, field)| under(object, field)),
            (name(), name(), name()).prop_map(|names| FieldPath::from(format!("{}.{}.{}", names.0, names.1, names.2))),
        ]
    }

    proptest! {
        #[test]
        fn a_document_has_the_last_value_of_each_path(paths in proptest::collection::vec(any_path(), 0..5)) {
            // The second time its paths were seen before.
            for base in [0, 1000] {
                let document = numbered(&paths, base).map(|json| serde_json::from_str::<Value>(&json).unwrap());
                prop_assert_eq!(document, nested(&paths, base));
            }
        }
    }
}
