//! Prepares a request for one server: one query for all its indices, and how the documents of each become records.

use super::adapt::{Adapter, BoundApprox};
use super::answer::Hit;
use super::body::IndexField;
use super::columns::RecordsBuilder;
use super::document::FieldTree;
use super::fault::{Fault, FaultKind};
use super::mapping::{FieldKind, FieldMapping, Indices, ValuesKept};
use super::origin::{FromIndex, IndexValues};
use super::server::Server;
use super::units::TIME;
use crate::source::document_time;
use crate::source::repair::Flaw;
use foldhash::HashMap;
use huntc_compiler::request::{Bool, BoundQuery, BoundRequest, Query, Spare, with_window};
use huntc_compiler::time::{Instant, MILLISECOND, TimeRange, Window};
use huntc_compiler::value::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A request that is prepared for a server.
#[derive(Clone)]
pub(super) struct PreparedRequest {
    /// The query with the window, which finds at least the records that are meant.
    pub(super) query: Box<RawValue>,
    /// A query that finds only records that are certainly meant.
    pub(super) sure: Box<RawValue>,
    /// Whether no record of any index can match, so that nothing is sent.
    pub(super) nothing: bool,
    /// Whether every hit is certainly meant.
    pub(super) exact: bool,
    /// The fields of `_source` that are requested.
    pub(super) includes: Vec<String>,
    /// Finds at least the records that need all of `includes`, if some can do without; and what the others need.
    pub(super) spare: Option<(Box<RawValue>, Vec<String>)>,
    /// The fields whose values are read from the index, unless values are kept nowhere.
    from_index: Result<FromIndex, Fault>,
    /// Names of the columns: the request's fields, `@timestamp` if it is not among them, and for a probe all fields of the query.
    names: Vec<String>,
    wanted: usize,
    time: TimeColumn,
    observations: bool,
    window: Window,
    /// How documents are read. The first decoder is used for indices that are not in `by_index` too.
    decoders: Vec<Decoder>,
    by_index: HashMap<String, usize>,
}

/// The column of the times.
#[derive(Clone, Copy)]
struct TimeColumn {
    at: usize,
    /// Whether its values are wanted, beside the instants that they mean.
    kept: bool,
}

/// How the documents of some indices become records.
#[derive(Clone)]
pub(super) struct Decoder {
    pub(super) tree: FieldTree,
    /// Columns whose value all documents have, and may leave out.
    constants: Vec<(usize, String)>,
    /// Columns whose values the index has.
    values: IndexValues,
    /// Whether the time is read from the index, because the document's format of it is unknown here.
    time_from_index: bool,
}

/// Indices whose mappings are equal for the fields that matter.
struct Class {
    fields: BTreeMap<String, FieldMapping>,
    indices: Vec<String>,
}

/// The fields whose mapping matters to a request.
pub(super) fn fields_of(request: &BoundRequest) -> BTreeSet<String> {
    let mut fields: BTreeSet<String> = request.fields.iter().filter(|f| *f != "_id").cloned().collect();
    fields.insert(TIME.to_owned());
    fields.extend(query_fields(&request.query));
    fields
}

/// The names of the columns that a request asks for.
pub(super) fn wanted_names(request: &BoundRequest) -> impl Iterator<Item = &str> {
    request.columns().filter(|field| *field != "_id")
}

fn query_fields(query: &BoundQuery) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    query.each_field(&mut |field| {
        if !field.starts_with('_') {
            fields.insert(field.to_owned());
        }
    });
    fields
}

impl PreparedRequest {
    /// Prepares a request for a server with these mappings. `simple`: without patterns, because the server found them
    /// too complex.
    pub(super) fn new(request: &BoundRequest, indices: &Indices, server: &Server, simple: bool) -> Result<Self, Fault> {
        let mut names: Vec<String> = wanted_names(request).map(str::to_owned).collect();
        let wanted = names.len();
        let time = names.iter().position(|f| f == TIME).unwrap_or_else(|| {
            names.push(TIME.to_owned());
            wanted
        });
        if request.enough.is_some() {
            // To tell a hit from one that only may be meant.
            names.extend(fields_of(request).into_iter().filter(|f| !names.contains(f)).collect::<Vec<_>>());
        }
        let classes = classes(request, indices);
        let asked = with_window(request.query.clone(), request.window);
        let adapter = |class| Adapter::new(class, &request.kinds, server, simple, request.enough.is_some());
        let approx: Vec<BoundApprox> = classes.iter().map(|c| adapter(&c.fields).approx(&asked)).collect();
        let exact = approx.iter().all(BoundApprox::is_exact) && aligned(request.window);
        let nothing = !classes.is_empty() && approx.iter().all(|a| a.at_least == Query::MatchNone);
        let (at_least, at_most) = approx.into_iter().map(|a| (a.at_least, a.at_most)).unzip();
        let json = |q: &BoundQuery| serde_json::value::to_raw_value(q).map_err(|e| Fault::new(FaultKind::Rejected, e.to_string()));
        let newer = with_window(Query::MatchAll, request.window);
        let query = json(&together(&classes, at_least, &asked, Some(newer)))?;
        let sure = json(&together(&classes, at_most, &Query::MatchNone, None))?;
        let mut decoders: Vec<Decoder> = classes.iter().map(|c| Decoder::new(&names, &c.fields)).collect();
        if decoders.is_empty() {
            // There is no index now, but one may be added before the search: its documents must be read too.
            decoders.push(Decoder::new(&names, &BTreeMap::new()));
        }
        let by_index = classes.iter().enumerate().flat_map(|(n, c)| c.indices.iter().map(move |i| (i.clone(), n))).collect();
        let includes = |without: &[String]| {
            let names = || names.iter().filter(|name| !without.contains(name));
            let targets = classes
                .iter()
                .flat_map(|c| c.fields.iter())
                .filter_map(|(f, m)| m.target.clone().filter(|_| names().any(|n| n == f)));
            names().cloned().chain(targets).collect::<BTreeSet<String>>().into_iter().collect()
        };
        let spare = |spare: &Arc<Spare>| -> Result<_, Fault> {
            let needs = with_window(Query::all([request.query.clone(), spare.unless.clone()]), request.window);
            let at_least = classes.iter().map(|c| adapter(&c.fields).approx(&needs).at_least).collect();
            let newer = with_window(Query::MatchAll, request.window);
            Ok((json(&together(&classes, at_least, &needs, Some(newer)))?, includes(&spare.fields)))
        };
        let spare = request.spare.as_ref().map(spare).transpose()?;
        let parts: Vec<_> = classes.iter().map(|c| (&c.fields, c.indices.first().map_or("", String::as_str))).collect();
        let mut from_index = FromIndex::of(&names, &parts, server.product);
        if let Ok(from_index) = &mut from_index {
            time_value(&classes, &decoders, from_index);
        }
        Ok(Self {
            query,
            sure,
            nothing,
            exact,
            includes: includes(&[]),
            spare,
            from_index,
            names,
            wanted,
            time: TimeColumn { at: time, kept: time < wanted || request.enough.is_some() },
            observations: request.fields.iter().any(|f| f == "_id"),
            window: request.window,
            decoders,
            by_index,
        })
    }

    /// The same with a query that finds less.
    pub(super) fn narrowed(self, query: Box<RawValue>) -> Self {
        Self { query, exact: false, ..self }
    }

    /// The fields whose values are read from the index; an error when the values of a field are kept nowhere.
    pub(super) fn index_fields(&self) -> Result<&FromIndex, Fault> {
        self.from_index.as_ref().map_err(Fault::clone)
    }

    pub(super) fn builder(&self) -> RecordsBuilder {
        RecordsBuilder::new(self.names.len(), self.observations).with_unlike(self.time.at, self.time.kept)
    }

    /// The names of the columns that the request asked for.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &str> {
        self.names.iter().take(self.wanted).map(String::as_str)
    }

    /// Names of all columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Adds hits to the builder, except those outside of the window, which is exact to the nanosecond.
    pub(super) fn take(&self, hits: &[Hit<'_>], builder: &mut RecordsBuilder) -> Result<(), Fault> {
        let mut last: Option<(&str, &Decoder)> = None;
        for hit in hits {
            let decoder = match last {
                Some((index, decoder)) if index == hit.index => decoder,
                _ => {
                    let Some(decoder) = self.decoder(&hit.index) else { continue };
                    decoder
                }
            };
            last = Some((&hit.index, decoder));
            let flaw = decoder.document(hit, builder)?;
            self.end_record(decoder, hit, flaw, builder)?;
        }
        Ok(())
    }

    /// How documents of an index are read.
    pub(super) fn decoder(&self, index: &str) -> Option<&Decoder> {
        self.decoders.get(self.by_index.get(index).copied().unwrap_or(0))
    }

    /// Ends a record whose document was read.
    pub(super) fn end_record(
        &self,
        decoder: &Decoder,
        hit: &Hit<'_>,
        flaw: Option<Flaw>,
        builder: &mut RecordsBuilder,
    ) -> Result<(), Fault> {
        decoder.values.add(hit, builder)?;
        for (column, value) in &decoder.constants {
            if let Some(column) = builder.columns.get_mut(*column).filter(|c| c.current().next().is_none()) {
                column.push_text(value);
            }
        }
        let indexed = if decoder.time_from_index { index_time(hit) } else { None };
        let time = time_between(indexed, self.time_of(builder));
        if self.window.is_none_or(|w| time.is_some_and(|t| w.contains(t))) {
            builder.end_record(&hit.index, &hit.id, time);
            if let Some(flaw) = flaw {
                builder.mended(&hit.index, &hit.id, flaw);
            }
        } else {
            builder.forget_record();
        }
        Ok(())
    }

    fn time_of(&self, builder: &RecordsBuilder) -> Option<Instant> {
        builder.columns.get(self.time.at)?.current().find_map(document_time::of_scalar)
    }
}

impl Decoder {
    fn new(names: &[String], fields: &BTreeMap<String, FieldMapping>) -> Self {
        let columns = || names.iter().enumerate().filter_map(|(n, f)| Some((n, f, fields.get(f)?)));
        let targets = columns().filter_map(|(n, _, m)| Some((m.target.as_deref()?, n)));
        let constants = columns().filter_map(|(n, _, m)| match &m.kind {
            FieldKind::Constant(Some(value)) => Some((n, value.clone())),
            _ => None,
        });
        Self {
            values: IndexValues::new(names, fields),
            tree: FieldTree::new(names.iter().enumerate().map(|(n, f)| (f.as_str(), n)).chain(targets)),
            constants: constants.collect(),
            time_from_index: fields.get(TIME).is_some_and(|m| {
                m.kind == FieldKind::Date { plain: false } || (m.kind.is_date() && m.kept != ValuesKept::Document)
            }),
        }
    }

    /// Reads the document of a hit into the builder. Returns its first flaw.
    fn document(&self, hit: &Hit<'_>, builder: &mut RecordsBuilder) -> Result<Option<Flaw>, Fault> {
        let Some(source) = hit.source else { return Err(Fault::new(FaultKind::NoDocuments, format!("index {}", hit.index))) };
        let broken = |e| Fault::new(FaultKind::Rejected, format!("record {}/{}: {e}", hit.index, hit.id));
        Ok(self.tree.read(source.get(), builder).map_err(broken)?.or(hit.flaw))
    }
}

/// The time of a record: that of the index, which knows the format and keeps milliseconds; the document's own where it is the
/// same more exactly, or where the index has none.
fn time_between(indexed: Option<Instant>, own: Option<Instant>) -> Option<Instant> {
    match (indexed, own) {
        (Some(indexed), Some(own)) if own.millis_floor() == indexed.millis_floor() => Some(own),
        (indexed, own) => indexed.or(own),
    }
}

/// The time of a document as the server read it.
fn index_time(hit: &Hit<'_>) -> Option<Instant> {
    let fields: BTreeMap<String, Vec<String>> = serde_json::from_str(hit.fields?.get()).ok()?;
    fields.get(TIME)?.iter().find_map(|t| document_time::of_text(t))
}

/// Requests times from the index when documents have them in an unknown format and all indices can give them.
fn time_value(classes: &[Class], decoders: &[Decoder], from_index: &mut FromIndex) {
    let dates = classes.iter().all(|c| c.fields.get(TIME).is_none_or(|m| m.kind.is_date() || m.kind == FieldKind::Missing));
    if dates && decoders.iter().any(|d| d.time_from_index) {
        from_index.doc_values.retain(|f| f.field != TIME);
        from_index.fields.retain(|f| f.field != TIME);
        let format = Some("strict_date_optional_time_nanos");
        from_index.doc_values.push(IndexField { field: TIME.to_owned(), format });
    }
}

/// Whether the limits of the window are whole milliseconds, the precision that servers keep.
pub(super) fn aligned(window: Window) -> bool {
    window.is_none_or(|TimeRange { start, stop, .. }| start.0 % MILLISECOND == 0 && stop.0 % MILLISECOND == 0)
}

/// The indices in groups with equal mappings. Of a field that is only fetched, it matters whether documents have its values.
fn classes(request: &BoundRequest, indices: &Indices) -> Vec<Class> {
    let mut asked = query_fields(&request.query);
    asked.insert(TIME.to_owned());
    let fetched = fields_of(request);
    let mut classes: BTreeMap<BTreeMap<String, FieldMapping>, Vec<String>> = BTreeMap::new();
    for (index, mappings) in indices {
        let matters = |f: &String| {
            let mapping = mappings.get(f)?;
            let elsewhere = mapping.target.is_some() || mapping.type_only || mapping.kept != ValuesKept::Document;
            let kept = asked.contains(f) || elsewhere || matches!(mapping.kind, FieldKind::Constant(_));
            kept.then(|| (f.clone(), mapping.clone()))
        };
        classes.entry(fetched.iter().filter_map(matters).collect()).or_default().push(index.clone());
    }
    classes.into_iter().map(|(fields, indices)| Class { fields, indices }).collect()
}

/// One query for all classes, in which each clause is limited to its indices. For an index that was added since the
/// mappings were read, `newer` is used instead: all its records in the window.
fn together(classes: &[Class], mut queries: Vec<BoundQuery>, asked: &BoundQuery, newer: Option<BoundQuery>) -> BoundQuery {
    match queries.len() {
        0 => return asked.clone(),
        1 => return queries.remove(0),
        _ => {}
    }
    if queries.windows(2).all(|pair| pair[0] == pair[1]) {
        return queries.remove(0);
    }
    let names = |indices: &[String]| Query::terms("_index", indices.iter().map(|i| Value::text(i.as_str())).collect());
    let all: Vec<String> = classes.iter().flat_map(|c| c.indices.iter().cloned()).collect();
    let mut should = Vec::new();
    for (class, query) in classes.iter().zip(queries) {
        match query {
            Query::MatchNone => {}
            Query::MatchAll => should.push(names(&class.indices)),
            query => should.push(Query::Bool(Bool {
                filter: vec![names(&class.indices), query],
                must_not: Vec::new(),
                should: Vec::new(),
            })),
        }
    }
    should.extend(newer.map(|newer| Query::all_but(newer, names(&all))));
    Query::any(should)
}
