//! Logs of Zeek, as JSON and as tables with a header. Which log it is stands in `_path` or `#path`; else its fields tell.

mod record;

use super::converted::{begins_with, each_line, each_object};
use super::flat_record::{FlatRecord, flat};
use super::format::LogFormat;
use super::report::BadReason;
use record::record;
use serde_json::{Map, Value};

/// Objects with a time and an id, or the endpoints, of Zeek.
pub(super) const ZEEK_JSON: LogFormat = LogFormat {
    name: "Zeek JSON",
    sniff: |beginning| begins_with(beginning, is_zeek),
    read: |reader, reading, emit| {
        each_object(reader, reading, emit, &mut |object| {
            if !is_zeek(object) {
                return Ok(None);
            }
            let mut values = Vec::new();
            flat(object, &mut |field, value| values.push((field.to_owned(), value)))?;
            let said = object.get("_path").and_then(Value::as_str).map(str::to_owned);
            let log = said.or_else(|| log_of(&|field| values.iter().any(|(name, _)| name == field)));
            Ok(Some(record(&log.unwrap_or_else(|| "log".to_owned()), values)))
        })
    },
};

/// Tables that begin with what separates their columns.
pub(super) const ZEEK_TSV: LogFormat = LogFormat {
    name: "Zeek TSV",
    sniff: |beginning| beginning.text.starts_with(b"#separator "),
    read: |reader, reading, emit| {
        let mut header = Header::default();
        each_line(reader, reading, emit, &mut |line, out| {
            if line.starts_with(b"#") {
                header.read(&String::from_utf8_lossy(line));
                return Ok(());
            }
            header.record(line)?.write(out);
            Ok(())
        })
    },
};

fn is_zeek(object: &Map<String, Value>) -> bool {
    let orig = object.contains_key("id.orig_h") || object.get("id").is_some_and(|id| id.get("orig_h").is_some());
    let id = ["uid", "fuid", "_path", "certificate.version"].iter().any(|key| object.contains_key(*key));
    object.contains_key("ts") && !object.contains_key("@timestamp") && (orig || id)
}

/// Fields that only one log has, with its name.
const KNOWN_BY: [(&str, &str); 9] = [
    ("conn_state", "conn"),
    ("qtype_name", "dns"),
    ("trans_id", "dns"),
    ("trans_depth", "http"),
    ("established", "ssl"),
    ("fuid", "files"),
    ("certificate.version", "x509"),
    ("note", "notice"),
    ("history", "conn"),
];

fn log_of(has: &dyn Fn(&str) -> bool) -> Option<String> {
    KNOWN_BY.iter().find(|(field, _)| has(field)).map(|(_, log)| (*log).to_owned())
}

/// The header of a table.
struct Header {
    separator: u8,
    set_separator: String,
    empty: String,
    unset: String,
    path: String,
    fields: Vec<String>,
    types: Vec<String>,
}

impl Default for Header {
    fn default() -> Self {
        let (empty, unset) = ("(empty)".to_owned(), "-".to_owned());
        let (path, fields, types) = (String::new(), Vec::new(), Vec::new());
        Self { separator: b'\t', set_separator: ",".to_owned(), empty, unset, path, fields, types }
    }
}

impl Header {
    /// Takes a line of the header. Where logs were joined another header follows.
    fn read(&mut self, line: &str) {
        if let Some(separator) = line.strip_prefix("#separator ") {
            *self = Self { separator: unescaped(separator).bytes().next().unwrap_or(b'\t'), ..Self::default() };
            return;
        }
        let mut cells = line.split(char::from(self.separator));
        let key = cells.next().unwrap_or_default();
        match key {
            "#fields" => self.fields = cells.map(str::to_owned).collect(),
            "#types" => self.types = cells.map(str::to_owned).collect(),
            "#path" => cells.next().unwrap_or_default().clone_into(&mut self.path),
            "#set_separator" => cells.next().filter(|s| !s.is_empty()).unwrap_or(",").clone_into(&mut self.set_separator),
            "#empty_field" => cells.next().unwrap_or_default().clone_into(&mut self.empty),
            "#unset_field" => cells.next().unwrap_or_default().clone_into(&mut self.unset),
            _ => {}
        }
    }

    fn record(&self, line: &[u8]) -> Result<FlatRecord, BadReason> {
        let line = std::str::from_utf8(line).map_err(|_| BadReason::InvalidUtf8)?;
        let cells: Vec<&str> = line.split(char::from(self.separator)).collect();
        if cells.len() != self.fields.len() {
            return Err(BadReason::OtherColumns);
        }
        let mut values = Vec::new();
        for (at, (cell, field)) in cells.iter().zip(&self.fields).enumerate() {
            if *cell == self.unset {
                continue;
            }
            let ty = self.types.get(at).map_or("string", String::as_str);
            let many = ["set[", "vector["].iter().find_map(|open| ty.strip_prefix(open)?.strip_suffix(']'));
            let items: Vec<&str> = match many {
                Some(_) if *cell == self.empty => Vec::new(),
                Some(_) => cell.split(self.set_separator.as_str()).filter(|item| *item != self.unset).collect(),
                None => vec![if *cell == self.empty { "" } else { cell }],
            };
            values.extend(items.into_iter().map(|item| (field.clone(), typed(item, many.unwrap_or(ty)))));
        }
        let has = |name: &str| self.fields.iter().any(|field| field == name);
        let path = Some(self.path.clone()).filter(|path| !path.is_empty());
        Ok(record(&path.or_else(|| log_of(&has)).unwrap_or_else(|| "log".to_owned()), values))
    }
}

fn typed(item: &str, ty: &str) -> Value {
    let text = || Value::String(unescaped(item));
    match ty {
        "bool" => match item {
            "T" => true.into(),
            "F" => false.into(),
            _ => text(),
        },
        "count" | "int" | "port" => item.parse::<i64>().map_or_else(|_| text(), Value::from),
        // Times stay text: a float has too few digits for some of them.
        "interval" | "double" => {
            let number = item.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            number.map_or_else(text, Value::Number)
        }
        _ => text(),
    }
}

/// A text without the escapes of bytes: `\x09`.
fn unescaped(item: &str) -> String {
    if !item.contains("\\x") {
        return item.to_owned();
    }
    let mut bytes = Vec::new();
    let mut rest = item;
    while let Some((before, behind)) = rest.split_once("\\x") {
        bytes.extend_from_slice(before.as_bytes());
        if let Some(byte) = behind.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = behind.get(2..).unwrap_or_default();
        } else {
            bytes.extend_from_slice(b"\\x");
            rest = behind;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}
