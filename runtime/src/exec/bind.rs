//! Filling the holes of a request with what earlier nodes found, in chunks that servers take.

use crate::table::{Key, Rung, Table};
use huntc_compiler::catalog::{Catalog, EntityId, FieldType, ValueType};
use huntc_compiler::plan::Attr;
use huntc_compiler::request::{
    Bool, BoundQuery, BoundRequest, FieldKinds, Hole, HolePart, Query, RequestForm, RequestTemplate, Terms, spellings,
};
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The most entities, and the most values of one reference, that one request asks for. Servers take 65,536 values in
/// one `terms` (`index.max_terms_count`), and each identifier is sent in two spellings.
pub const CHUNK: usize = 10_000;

/// With more entities than this it is counted whether one request for any entity at all is less work than one for each [`CHUNK`].
pub const MANY: usize = 4 * CHUNK;

/// What the holes of a request are filled with.
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Fill<'a> {
    /// Entities whose keys are asked for.
    pub keys: &'a [&'a Key],
    /// Type of `keys`; `None` for a request that asks for no keys.
    pub entity: Option<EntityId>,
    pub catalog: &'a Catalog,
    /// For each hole that names a column of an earlier node: the values of that column.
    pub columns: &'a [(Hole, Arc<Vec<Value>>)],
    /// Whether to ask for any entity at all instead of those with `keys`.
    pub any: bool,
}

/// Whether an entity can be asked for by its key: rows without identity pivot nowhere (semantics.md §2).
pub fn pivots(key: &Key) -> bool {
    key.unique() == 0
}

/// The keys of a table's entities that can be asked for.
pub fn pivot_keys(table: &Table) -> Vec<&Key> {
    table.entities().map(|entity| entity.key()).filter(|key| pivots(key)).collect()
}

/// The request that `form` of `template` becomes once its holes are filled.
pub fn request(template: &RequestTemplate, form: &RequestForm, fill: &Fill<'_>) -> BoundRequest {
    BoundRequest {
        query: bind(&form.query, &form.kinds, fill),
        window: template.window,
        fields: form.fields.clone(),
        kinds: Arc::clone(&form.kinds),
        written_times: form.written_times,
        spare: form.spare.clone(),
        enough: None,
    }
}

/// The query with its holes filled. Parts that become empty are simplified away.
fn bind(query: &Query<Hole>, kinds: &FieldKinds, fill: &Fill<'_>) -> BoundQuery {
    match query {
        Query::MatchAll => Query::MatchAll,
        Query::MatchNone => Query::MatchNone,
        Query::Term(q) => Query::Term(q.clone()),
        Query::Wildcard(q) => Query::Wildcard(q.clone()),
        Query::Regexp(q) => Query::Regexp(q.clone()),
        Query::Range(q) => Query::Range(q.clone()),
        Query::Exists(q) => Query::Exists(q.clone()),
        Query::Terms(q) => terms(q, kinds, fill, true),
        Query::Bool(q) => bool_query(q, kinds, fill),
    }
}

fn bool_query(q: &Bool<Hole>, kinds: &FieldKinds, fill: &Fill<'_>) -> BoundQuery {
    let filter = Query::all(q.filter.iter().map(|q| bind(q, kinds, fill)));
    let should = if q.should.is_empty() { Query::MatchAll } else { Query::any(q.should.iter().map(|q| bind(q, kinds, fill))) };
    let yes = Query::all([filter, should]);
    let no = q.must_not.iter().map(|q| match q {
        Query::Terms(q) => terms(q, kinds, fill, false),
        other => bind(other, kinds, fill),
    });
    Query::all_but(yes, Query::any(no))
}

/// One `terms` clause. When a reference has more than [`CHUNK`] values, or any entity is asked for, a positive clause becomes
/// `exists` and a negated one matches nothing, so the request finds too much: the runtime tests every hit again.
fn terms(q: &Terms<Hole>, kinds: &FieldKinds, fill: &Fill<'_>, positive: bool) -> BoundQuery {
    let mut values = q.values.clone();
    for hole in &q.holes {
        match &hole.part {
            HolePart::Key(_) | HolePart::Host if fill.any => {
                if key_values(fill, &hole.part).next().is_some() {
                    return if positive { Query::exists(&q.field) } else { Query::MatchNone };
                }
            }
            HolePart::Key(_) | HolePart::Host => values.extend(key_values(fill, &hole.part)),
            HolePart::Column(..) => {
                let column = fill.columns.iter().find(|(h, _)| h == hole).map(|(_, v)| v);
                match column {
                    Some(column) if column.len() <= CHUNK => values.extend(column.iter().cloned()),
                    Some(_) if positive => return Query::exists(&q.field),
                    Some(_) => return Query::MatchNone,
                    None => {}
                }
            }
        }
    }
    values.sort();
    values.dedup();
    if kinds.get(&q.field).ty == FieldType::Keyword {
        values = values.into_iter().map(|v| if let Value::Text(_) = v { v } else { Value::text(v.to_string()) }).collect();
    }
    Query::terms(&q.field, values)
}

/// The values of a key part or of the host, over all keys. Identifiers come in every spelling in use.
fn key_values<'f>(fill: &'f Fill<'_>, part: &HolePart) -> Box<dyn Iterator<Item = Value> + 'f> {
    let Some(entity) = fill.entity else { return Box::new(std::iter::empty()) };
    let kind = fill.catalog.get(entity);
    let ladder = kind.identity.ladder;
    let on_ladder = move || fill.keys.iter().filter(move |k| !ladder || k.rung() != Rung::EntityId);
    let name = match part {
        HolePart::Key(name) => name,
        HolePart::Host => {
            let host = move |k: &&Key| if ladder { k.part(0) } else { k.host().cloned().map(Value::Text) };
            return Box::new(on_ladder().filter_map(host));
        }
        HolePart::Column(..) => return Box::new(std::iter::empty()),
    };
    let Some(attr) = kind.attribute(name) else { return Box::new(std::iter::empty()) };
    if ladder && !kind.identity.key.contains(&attr) {
        // An attribute that is no part of the key is the pid of the ladder's key, [host, pid, begin].
        return Box::new(on_ladder().filter_map(|k| k.part(1)));
    }
    let Some(at) = kind.identity.key.iter().position(|a| *a == attr) else { return Box::new(std::iter::empty()) };
    let keys = fill.keys.iter().filter(move |k| !ladder || k.rung() == Rung::EntityId);
    let values = keys.filter_map(move |k| k.part(at));
    if kind.attributes[usize::from(attr.0)].ty.is_identifier() {
        return Box::new(values.flat_map(|v| spellings(&v)));
    }
    Box::new(values)
}

/// The distinct values of a column over all rows, sorted. Identifiers come in every spelling in use.
pub fn column_values(table: &Table, attr: &Attr, catalog: &Catalog) -> Vec<Value> {
    let id = attr.value_type(catalog, table.entity).is_some_and(ValueType::is_identifier);
    let column = table.column(attr);
    let values = column.iter().flatten().flat_map(Value::each);
    let mut values: Vec<Value> = if id { values.flat_map(spellings).collect() } else { values.cloned().collect() };
    values.sort();
    values.dedup();
    values
}
