//! What records of older layouts become.

use serde_json::{Map, Value as Json};

/// A finding of version 1, which had its row only until it was told, and the headers of all rows in its hunt.
pub(super) fn first_finding(finding: &mut Map<String, Json>, headers: &[String]) {
    let row = finding.remove("row");
    let cells = row.as_ref().and_then(Json::as_array).into_iter().flatten();
    let cell = |(header, cell): (&String, &Json)| Json::from(vec![Json::from(header.as_str()), cell.clone()]);
    finding.insert("face".to_owned(), headers.iter().zip(cells).map(cell).collect());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::nightly::record::KeyRecord;
    use serde_json::json;

    #[test]
    fn findings_of_the_first_layout_have_a_face_while_they_are_not_told() {
        let old = |row: Json, told: bool| {
            let mut finding = json!({"key": ["p1"], "first_at": 1, "last_at": 2, "first_event": 3, "last_event": null, "look": 4,
                "told": told, "row": row});
            first_finding(finding.as_object_mut().unwrap(), &["name".to_owned(), "host".to_owned()]);
            serde_json::from_value::<KeyRecord>(finding).unwrap()
        };
        let untold = old(json!(["cmd.exe", null]), false);
        assert_eq!(untold.face, [("name".to_owned(), json!("cmd.exe")), ("host".to_owned(), Json::Null)]);
        assert_eq!((untold.key, untold.told, untold.look, untold.first_event), (json!(["p1"]), false, 4, Some(3)));
        let told = old(Json::Null, true);
        assert!(told.told && told.face.is_empty());
    }
}
