//! The mappings of a source's indices, for the fields that requests use.

mod capabilities;
mod kept;
mod kinds;
mod parameters;
mod read;
mod together;

use kinds::ancestors;
pub(super) use kinds::{FieldKind, FieldMapping, Indices, ValuesKept};
pub(super) use read::MappingAnswers;

use super::client::Call;
use super::connection::{Connection, encode};
use super::expression;
use super::fault::{Fault, FaultKind, Repeat};
use super::privileges::Privileges;
use super::server::Product;
use crate::source::FetchContext;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use together::together;

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
    /// The parts of the expression that did not answer.
    silent: Vec<String>,
    privileges: Option<Privileges>,
}

/// What the server answers about some fields.
#[derive(Default)]
struct Seen {
    indices: Indices,
    silent: Vec<String>,
}

impl Mappings {
    /// The mappings of these fields, and possibly of others. An error when the source cannot be seen whole; where a part of it
    /// is allowed, that is marked.
    pub(super) fn of(
        &self,
        connection: &Connection,
        context: &FetchContext,
        fields: &BTreeSet<String>,
    ) -> Result<Arc<Indices>, Fault> {
        // The lock is held during the request, because requests that start together need the same mappings.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        connection.server(context)?;
        if !state.silent.is_empty() {
            // They may answer now.
            *state = State { privileges: state.privileges.take(), ..State::default() };
        }
        let missing: BTreeSet<String> = fields.difference(&state.known).cloned().collect();
        if !missing.is_empty() {
            state.add(connection, context, missing)?;
        }
        state.privileges.iter().try_for_each(|p| p.check(context))?;
        if !state.silent.is_empty() {
            context.stats.partial.store(true, Ordering::Relaxed);
        }
        Ok(Arc::clone(&state.indices))
    }

    /// The indices of which something was read.
    pub(super) fn known(&self) -> BTreeSet<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).indices.keys().cloned().collect()
    }

    /// The indices that there are now.
    pub(super) fn indices(&self, connection: &Connection, context: &FetchContext) -> Result<BTreeSet<String>, Fault> {
        let unmapped = self.state.lock().unwrap_or_else(PoisonError::into_inner).is_unmapped();
        Ok(ask(connection, context, &BTreeSet::from(["@timestamp".to_owned()]), unmapped)?.indices.into_keys().collect())
    }

    /// The parts of the source that did not answer when its mappings were asked for.
    pub(super) fn silent(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).silent.clone()
    }

    /// Forgets everything, after the mappings changed.
    pub(super) fn forget(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

impl State {
    /// Whether mappings may not be seen.
    fn is_unmapped(&self) -> bool {
        self.privileges.as_ref().is_some_and(|p| !p.unmapped.is_empty())
    }

    /// Asks for these fields, and for what the credentials may see when that is not known yet.
    fn add(&mut self, connection: &Connection, context: &FetchContext, mut missing: BTreeSet<String>) -> Result<(), Fault> {
        let unmapped = self.is_unmapped();
        let (mut found, privileges) = match &self.privileges {
            Some(_) => (ask(connection, context, &missing, unmapped), None),
            None => thread::scope(|scope| {
                let privileges = scope.spawn(|| Privileges::ask(connection, context, false));
                let found = ask(connection, context, &missing, unmapped);
                (found, Some(privileges.join().unwrap_or_else(|_| Err(Fault::new(FaultKind::Stopped, "")))))
            }),
        };
        if let Some(privileges) = privileges.transpose()? {
            if !privileges.unmapped.is_empty() {
                // The server told of those mappings only that may be seen.
                found = ask(connection, context, &missing, true);
            }
            self.privileges.insert(privileges).check(context)?;
        }
        let unmapped = self.is_unmapped();
        let mut found = found?;
        if !self.known.is_empty() && !found.indices.keys().eq(self.indices.keys()) {
            // An index was added or removed since the last time.
            missing.extend(self.known.iter().cloned());
            found = ask(connection, context, &missing, unmapped)?;
            self.indices = Arc::default();
        }
        let mut indices = (*self.indices).clone();
        for (index, fields) in found.indices {
            indices.entry(index).or_default().extend(fields);
        }
        self.silent = found.silent;
        self.known.extend(missing);
        self.indices = Arc::new(indices);
        Ok(())
    }
}

/// Asks the server. With credentials that may not see mappings (`unmapped`), and for remote clusters, only types are known.
fn ask(connection: &Connection, context: &FetchContext, fields: &BTreeSet<String>, unmapped: bool) -> Result<Seen, Fault> {
    let expression = &connection.config.indices;
    let (Some(local), false) = (expression::local(expression), unmapped) else {
        return types(connection, context, expression, fields);
    };
    let mut seen = match details(connection, context, &local, fields) {
        Err(fault) if matches!(fault.kind, FaultKind::Forbidden) => return types(connection, context, expression, fields),
        other => Seen { indices: other?, silent: Vec::new() },
    };
    if let Some(remote) = expression::remote(expression) {
        match types(connection, context, &remote, fields) {
            // No remote cluster answers at all.
            Err(fault) if fault.kind == FaultKind::Incomplete && context.allow_partial => seen.silent.push(fault.reason),
            types => {
                let Seen { indices, silent } = types?;
                seen.indices.extend(indices);
                seen.silent = silent;
            }
        }
    }
    Ok(seen)
}

/// `_mapping/field` has everything except the objects that contain the fields and what documents are kept with, which are in
/// `_mapping`, and what is set for whole indices, which is in `_settings`.
fn details(connection: &Connection, context: &FetchContext, local: &str, fields: &BTreeSet<String>) -> Result<Indices, Fault> {
    const OPTIONS: &str = "allow_no_indices=false&ignore_unavailable=false";
    let indices = encode(local);
    let parents: BTreeSet<String> = fields.iter().flat_map(|f| ancestors(f)).collect();
    let mut seen = MappingAnswers::default();
    let settings = thread::scope(|scope| {
        let settings = scope.spawn(|| settings(connection, context, &indices));
        let of_fields = |names: &[String]| -> Vec<String> {
            lists(names).iter().map(|list| format!("{indices}/_mapping/field/{list}?include_defaults=true&{OPTIONS}")).collect()
        };
        let objects = |p: &String| {
            let at = p.split('.').map(encode).collect::<Vec<_>>().join(".properties.");
            ["type", "dynamic", "enabled"].map(|key| format!("*.mappings.properties.{at}.{key}")).join(",")
        };
        let mut filters = vec!["*.mappings.dynamic,*.mappings.enabled,*.mappings.runtime,*.mappings._source".to_owned()];
        filters.extend(parents.iter().map(objects));
        let names: Vec<String> = fields.union(&parents).map(|f| encode(f)).collect();
        let mut paths = of_fields(&names);
        let of_objects = paths.len();
        paths.extend(lists(&filters).iter().map(|list| format!("{indices}/_mapping?filter_path={list}&{OPTIONS}")));
        let read = together(&paths, |path| {
            let check = if path.contains("/_mapping/field/") { some_index } else { |_: &Value| Ok(()) };
            answer(connection, context, path.clone(), check)
        });
        let read = read.and_then(|answers| {
            let (names_read, objects_read) = answers.split_at(of_objects);
            names_read.iter().for_each(|json| seen.fields(json));
            let targets: Vec<String> = seen.targets().iter().map(|f| encode(f)).collect();
            for json in together(&of_fields(&targets), |path| answer(connection, context, path.clone(), some_index))? {
                seen.fields(&json);
            }
            objects_read.iter().for_each(|json| seen.objects(json));
            Ok(())
        });
        read.and_then(|()| settings.join().unwrap_or_else(|_| Err(Fault::new(FaultKind::Stopped, ""))))
    })?;
    if let Some(settings) = settings {
        seen.settings(settings.as_ref());
    }
    Ok(seen.finish(fields))
}

/// The settings that leave fields out of the index; `Some(None)` when they may not be read, and `None` for OpenSearch, which has
/// none of them.
fn settings(connection: &Connection, context: &FetchContext, indices: &str) -> Result<Option<Option<Value>>, Fault> {
    if connection.server(context)?.product == Product::OpenSearch {
        return Ok(None);
    }
    let wanted = ["total_fields.ignore_dynamic_beyond_limit", "ignore_malformed"];
    let filter = wanted.map(|key| format!("*.*.index.mapping.{key}")).join(",");
    let path = format!("{indices}/_settings?include_defaults=true&filter_path={filter}");
    let mut found = None;
    match get(connection, context, path, |_| Ok(()), |json| found = Some(json.clone())) {
        Err(fault) if fault.again(true) == Repeat::Never && fault.status.is_some() => Ok(Some(None)),
        other => other.map(|()| Some(found)),
    }
}

/// An error for an answer about no index: a pattern that stands for none is refused, so such an answer is a mistake.
fn some_index(json: &Value) -> Result<(), Fault> {
    if json.as_object().is_some_and(|indices| !indices.is_empty()) {
        Ok(())
    } else {
        Err(Fault::new(FaultKind::Malformed, "the answer about mappings names no index"))
    }
}

/// `_field_caps` has types only.
fn types(connection: &Connection, context: &FetchContext, expression: &str, fields: &BTreeSet<String>) -> Result<Seen, Fault> {
    let parents: BTreeSet<String> = fields.iter().flat_map(|f| ancestors(f)).collect();
    let names: Vec<String> = fields.union(&parents).map(|f| encode(f)).collect();
    let mut seen = Seen::default();
    let indices = encode(expression);
    for list in lists(&names) {
        let path =
            format!("{indices}/_field_caps?fields={list}&include_unmapped=true&allow_no_indices=false&ignore_unavailable=false");
        let whole = |json: &Value| match capabilities::failures(json) {
            silent if silent.is_empty() => Ok(()),
            silent => Err(Fault::new(FaultKind::Incomplete, format!("no answer from {}", silent.join("; ")))),
        };
        let read = |json: &Value| capabilities::read(json, &mut seen.indices);
        match get(connection, context, path.clone(), whole, read) {
            Err(fault) if fault.kind == FaultKind::Incomplete && context.allow_partial => {
                get(
                    connection,
                    context,
                    path,
                    |_| Ok(()),
                    |json| {
                        seen.silent.extend(capabilities::failures(json));
                        capabilities::read(json, &mut seen.indices);
                    },
                )?;
            }
            other => other?,
        }
    }
    if seen.indices.is_empty() {
        return Err(Fault::new(FaultKind::NoSuchIndex, ""));
    }
    capabilities::finish(&mut seen.indices, fields);
    Ok(seen)
}

/// Asks until an answer passes `check`, and takes it.
fn get(
    connection: &Connection,
    context: &FetchContext,
    path: String,
    check: impl Fn(&Value) -> Result<(), Fault>,
    take: impl FnOnce(&Value),
) -> Result<(), Fault> {
    answer(connection, context, path, check).map(|json| take(&json))
}

/// Asks until an answer passes `check`.
fn answer(
    connection: &Connection,
    context: &FetchContext,
    path: String,
    check: impl Fn(&Value) -> Result<(), Fault>,
) -> Result<Value, Fault> {
    let call: Call = connection.get(path);
    connection.send(&call, context, |reply| {
        let json = serde_json::from_slice(&reply.body).map_err(|e| Fault::new(FaultKind::Malformed, format!("no mapping: {e}")))?;
        check(&json)?;
        Ok(json)
    })
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
