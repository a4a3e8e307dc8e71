//! Brings states of older layouts up to date.

use super::{KEYS, Write, each, key_of};
use crate::source::SourceError;
use huntc_compiler::catalog::Catalog;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// What of a hunt of the first layout stands elsewhere now.
#[derive(Deserialize)]
struct FirstHunt {
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    entity: String,
}

/// From version 1, in which each finding had an identity for one night and its row only until it was told.
///
/// What was told stays told: a finding takes over what is known of its entities ([`super::super::news::remember`]). Those of
/// types that are told apart by other things now are not gone because they have another name.
pub(super) fn from_first(tables: &mut Write<'_>) -> Result<(), SourceError> {
    let catalog = Catalog::builtin();
    let hunts: Vec<(String, FirstHunt)> = each(tables.path, &tables.table(super::HUNTS)?, "")?;
    for (hunt, FirstHunt { columns, entity }) in hunts {
        let keyed = catalog.entity(&entity).is_some_and(|id| !catalog.get(id).finding_key.is_empty());
        let findings: Vec<(String, Map<String, Json>)> = each(tables.path, &tables.table(KEYS)?, &key_of(&hunt, ""))?;
        for (identity, mut finding) in findings {
            let row = finding.remove("row");
            let cells = row.as_ref().and_then(Json::as_array).into_iter().flatten();
            let face: Vec<Json> = columns
                .iter()
                .zip(cells)
                .map(|(header, cell)| Json::from(vec![Json::from(header.as_str()), cell.clone()]))
                .collect();
            finding.insert("face".to_owned(), Json::from(face));
            if keyed && finding.get("told") == Some(&Json::from(true)) {
                finding.insert("look".to_owned(), Json::from(0));
            }
            tables.put(KEYS, &key_of(&hunt, &identity), &finding)?;
        }
    }
    Ok(())
}
