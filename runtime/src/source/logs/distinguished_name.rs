//! Names in certificates: `CN=www.example,O=Example\, Inc.,C=US`, with blanks behind commas or without.

use super::flat_record::FlatRecord;
use serde_json::Value;

/// Attributes of a name, with the fields of ECS and the last parts of those of Filebeat's modules.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("CN", "common_name"),
    ("O", "organization"),
    ("OU", "organizational_unit"),
    ("L", "locality"),
    ("ST", "state_or_province"),
    ("C", "country"),
];

/// Puts the parts of the name in a field behind each of the fronts.
pub(super) fn put(whole: &str, fronts: &[&str], record: &mut FlatRecord) {
    let Some(name) = record.first(whole).and_then(Value::as_str).map(str::to_owned) else { return };
    for (key, value) in parts(&name) {
        for front in fronts {
            let part = ATTRIBUTES.iter().find(|(own, _)| *own == key).map_or("", |(_, part)| part);
            // Modules of Filebeat say it shorter than ECS.
            let part = if part == "state_or_province" && !front.contains(".x509.") { "state" } else { part };
            if !part.is_empty() {
                record.put(&format!("{front}.{part}"), value.as_str());
            }
        }
    }
}

/// The attributes of a name with their values, without the backslashes that say that a comma belongs to the value.
fn parts(name: &str) -> Vec<(String, String)> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in name.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            ',' if !escaped => parts.push(String::new()),
            c => {
                parts.last_mut().into_iter().for_each(|part| part.push(c));
                escaped = false;
            }
        }
    }
    let pair = |part: &String| part.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    parts.iter().filter_map(pair).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_have_parts() {
        let mut record = FlatRecord::default();
        record.put("x", "CN=www.example,O=Example\\, Inc.,ST=CA, C=US,x,=y");
        put("x", &["tls.server.x509.subject", "zeek.ssl.server.subject"], &mut record);
        let mut out = Vec::new();
        record.write(&mut out);
        let found: Value = serde_json::from_slice(&out).unwrap();
        for (field, value) in [
            ("tls.server.x509.subject.common_name", "www.example"),
            ("tls.server.x509.subject.organization", "Example, Inc."),
            ("tls.server.x509.subject.state_or_province", "CA"),
            ("zeek.ssl.server.subject.state", "CA"),
            ("zeek.ssl.server.subject.country", "US"),
        ] {
            assert_eq!(found[field], json!(value), "{field}");
        }
    }
}
