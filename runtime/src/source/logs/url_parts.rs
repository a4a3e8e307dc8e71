//! The parts of what a request asks for: `/a/b.php?x=1#top`, or a whole address.

use super::flat_record::FlatRecord;

/// Puts path, extension, query and fragment.
pub(super) fn put(address: &str, record: &mut FlatRecord) {
    let (rest, fragment) = address.split_once('#').unwrap_or((address, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = match rest.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => {
            record.put("url.scheme", scheme);
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
        }
        _ => rest,
    };
    record.put("url.path", path);
    record.put("url.query", query);
    record.put("url.fragment", fragment);
    let name = path.rsplit('/').next().unwrap_or_default();
    if let Some((_, extension)) = name.rsplit_once('.') {
        record.put("url.extension", extension);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn addresses_have_parts() {
        for (address, wanted) in [
            (
                "/a.b/c.php?x=/y.z#top",
                json!({"url.path": "/a.b/c.php", "url.extension": "php", "url.query": "x=/y.z", "url.fragment": "top"}),
            ),
            ("http://h:1/a?http://x", json!({"url.scheme": "http", "url.path": "/a", "url.query": "http://x"})),
            ("/to?u=a://b", json!({"url.path": "/to", "url.query": "u=a://b"})),
            ("*", json!({"url.path": "*"})),
            ("", json!({})),
        ] {
            let mut record = FlatRecord::default();
            put(address, &mut record);
            let mut out = Vec::new();
            record.write(&mut out);
            assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), wanted, "{address}");
        }
    }
}
