//! The mappings of a source's indices, for the fields that requests use.

mod kinds;
mod read;

use kinds::ancestors;
pub(super) use kinds::{FieldKind, FieldMapping, Indices};
pub(super) use read::MappingAnswers;

use super::client::Call;
use super::connection::{Connection, encode};
use super::fault::{Fault, FaultKind};
use crate::source::FetchContext;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The longest list of field names in a path: servers accept lines of 4,096 bytes.
const LONGEST_LIST: usize = 2_000;

/// The mappings that were read so far. Each field is asked for once.
#[derive(Default)]
pub(super) struct Mappings {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: BTreeSet<String>,
    indices: Arc<Indices>,
}

impl Mappings {
    /// The mappings of these fields, and possibly of others.
    pub(super) fn of(
        &self,
        connection: &Connection,
        context: &FetchContext,
        fields: &BTreeSet<String>,
    ) -> Result<Arc<Indices>, Fault> {
        // The lock is held during the request, because requests that start together need the same mappings.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing: BTreeSet<String> = fields.difference(&state.known).cloned().collect();
        if missing.is_empty() {
            return Ok(Arc::clone(&state.indices));
        }
        let mut found = ask(connection, context, &missing)?;
        if !state.known.is_empty() && !found.keys().eq(state.indices.keys()) {
            // An index was added or removed since the last time.
            missing.extend(state.known.iter().cloned());
            found = ask(connection, context, &missing)?;
            state.indices = Arc::default();
        }
        let mut indices = (*state.indices).clone();
        for (index, fields) in found {
            indices.entry(index).or_default().extend(fields);
        }
        state.known.extend(missing);
        state.indices = Arc::new(indices);
        Ok(Arc::clone(&state.indices))
    }

    /// The indices of which something was read.
    pub(super) fn known(&self) -> BTreeSet<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).indices.keys().cloned().collect()
    }

    /// The indices that there are now.
    pub(super) fn indices(&self, connection: &Connection, context: &FetchContext) -> Result<BTreeSet<String>, Fault> {
        Ok(ask(connection, context, &BTreeSet::from(["@timestamp".to_owned()]))?.into_keys().collect())
    }

    /// Forgets everything, after the mappings changed.
    pub(super) fn forget(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

/// Asks the server. With credentials that may not see mappings, and for remote clusters, only types are known.
fn ask(connection: &Connection, context: &FetchContext, fields: &BTreeSet<String>) -> Result<Indices, Fault> {
    if connection.config.indices.contains(':') {
        return types(connection, context, fields);
    }
    match details(connection, context, fields) {
        Err(fault) if matches!(fault.kind, FaultKind::Forbidden) => types(connection, context, fields),
        other => other,
    }
}

/// `_mapping/field` has everything except the objects that contain the fields; these are in `_mapping`.
fn details(connection: &Connection, context: &FetchContext, fields: &BTreeSet<String>) -> Result<Indices, Fault> {
    const OPTIONS: &str = "include_defaults=true&allow_no_indices=false&ignore_unavailable=false";
    let parents: BTreeSet<String> = fields.iter().flat_map(|f| ancestors(f)).collect();
    let mut seen = MappingAnswers::default();
    let names: Vec<String> = fields.union(&parents).map(|f| encode(f)).collect();
    for list in lists(&names) {
        let path = format!("{}/_mapping/field/{list}?{OPTIONS}", connection.indices());
        get(connection, context, path, |json| seen.fields(json))?;
    }
    let targets: Vec<String> = seen.targets().iter().map(|f| encode(f)).collect();
    for list in lists(&targets) {
        let path = format!("{}/_mapping/field/{list}?{OPTIONS}", connection.indices());
        get(connection, context, path, |json| seen.fields(json))?;
    }
    let objects = |p: &String| {
        let at = p.split('.').map(encode).collect::<Vec<_>>().join(".properties.");
        ["type", "dynamic", "enabled"].map(|key| format!("*.mappings.properties.{at}.{key}")).join(",")
    };
    let mut filters = vec!["*.mappings.dynamic,*.mappings.enabled,*.mappings.runtime".to_owned()];
    filters.extend(parents.iter().map(objects));
    for list in lists(&filters) {
        let path = format!("{}/_mapping?filter_path={list}&allow_no_indices=false&ignore_unavailable=false", connection.indices());
        get(connection, context, path, |json| seen.objects(json))?;
    }
    Ok(seen.finish(fields))
}

/// `_field_caps` has types only.
fn types(connection: &Connection, context: &FetchContext, fields: &BTreeSet<String>) -> Result<Indices, Fault> {
    let parents: BTreeSet<String> = fields.iter().flat_map(|f| ancestors(f)).collect();
    let names: Vec<String> = fields.union(&parents).map(|f| encode(f)).collect();
    let mut indices = Indices::new();
    for list in lists(&names) {
        let path = format!(
            "{}/_field_caps?fields={list}&include_unmapped=true&allow_no_indices=false&ignore_unavailable=false",
            connection.indices()
        );
        get(connection, context, path, |json| read::capabilities(json, &mut indices))?;
    }
    read::hide_nested(&mut indices);
    for index in indices.values_mut() {
        index.retain(|field, _| fields.contains(field));
        for field in fields {
            index.entry(field.clone()).or_insert(FieldMapping { kind: FieldKind::Missing, target: None });
        }
    }
    Ok(indices)
}

fn get(
    connection: &Connection,
    context: &FetchContext,
    path: String,
    mut take: impl FnMut(&serde_json::Value),
) -> Result<(), Fault> {
    let call: Call = connection.get(path);
    let json: serde_json::Value = connection.send(&call, context, |reply| {
        serde_json::from_slice(&reply.body).map_err(|e| Fault::new(FaultKind::Malformed, format!("no mapping: {e}")))
    })?;
    take(&json);
    Ok(())
}

/// Names joined with commas, in lists that are short enough for a path.
fn lists(names: &[String]) -> Vec<String> {
    let mut lists: Vec<String> = Vec::new();
    for name in names {
        match lists.last_mut() {
            Some(list) if list.len() + name.len() < LONGEST_LIST => {
                list.push(',');
                list.push_str(name);
            }
            _ => lists.push(name.clone()),
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_fit_a_path_and_hold_every_name() {
        let names: Vec<String> = (0..500).map(|i| format!("process.field_{i}")).collect();
        let lists = lists(&names);
        assert!(lists.len() > 3 && lists.iter().all(|l| l.len() <= LONGEST_LIST));
        assert_eq!(lists.join(","), names.join(","));
        assert_eq!(ancestors("a.b.c").collect::<Vec<_>>(), ["a", "a.b"]);
    }
}
