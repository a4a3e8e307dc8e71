//! Asks a data source what it has.

use super::health::{Bound, Coverage, Found, Health, Processes};
use crate::cli::judge::at;
use crate::cli::open::{Ready, ready};
use crate::cli::session::Session;
use crate::cli::sources::credentials;
use crate::config::binding::Binding;
use crate::source::elastic::ElasticSource;
use crate::source::files::ReadReport;
use crate::source::store::Store;
use crate::source::{DataSource, FetchContext, SourceError};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Never, Query};
use huntc_compiler::source::Span;
use huntc_compiler::time::Instant;
use std::slice;
use std::time::Instant as Clock;

/// Looks at a source.
pub(super) fn examine(binding: &Binding, session: &mut Session, now: Instant) -> Health {
    let mut health = Health {
        name: binding.name.clone(),
        bound: Some(Bound {
            kind: binding.kind_word(),
            location: binding.location(),
            credentials: credentials(binding),
            from: binding.origin.to_string(),
        }),
        found: None,
        problem: None,
    };
    match ready(binding, &session.environment).and_then(|ready| look(&ready, now)) {
        Ok(found) => health.found = Some(found),
        Err(error) => {
            let span = Span::new(session.sources.add_text("configuration", binding.name.as_str()), 0, binding.name.len());
            health.problem = Some(at(&error, span));
        }
    }
    health
}

fn look(ready: &Ready, now: Instant) -> Result<Found, SourceError> {
    let begun = Clock::now();
    let mut found = match ready {
        Ready::Cluster(config) => cluster(&ElasticSource::new((**config).clone())?, now)?,
        Ready::Files(path) => {
            let (store, report) = Store::from_paths(slice::from_ref(path))?;
            local(&store, &report, now)?
        }
        Ready::Store(path) => {
            let store = Store::open(path)?;
            store.verify()?;
            local(&store, &ReadReport::default(), now)?
        }
    };
    found.elapsed = begun.elapsed();
    Ok(found)
}

fn cluster(source: &ElasticSource, now: Instant) -> Result<Found, SourceError> {
    let fields: Vec<String> = needed().iter().map(|(field, _)| (*field).to_owned()).collect();
    let survey = source.probe(&fields, &FetchContext::default())?;
    let mut found = Found {
        server: Some(survey.server.title()),
        indices: survey.indices,
        records: survey.records,
        span: survey.span,
        clocks: survey.clocks,
        traps: survey.traps,
        ..empty(now)
    };
    cover(&|query| total(source, query, true), &mut found)?;
    for coverage in &mut found.fields {
        coverage.mapping = survey.fields.iter().find(|f| f.name == coverage.field).cloned();
    }
    Ok(found)
}

fn local(store: &Store, report: &ReadReport, now: Instant) -> Result<Found, SourceError> {
    let mut found =
        Found { records: store.len(), skipped: report.bad_total, span: store.stats().span, clocks: store.clocks()?, ..empty(now) };
    cover(&|query| total(store, query, false), &mut found)?;
    Ok(found)
}

fn empty(now: Instant) -> Found {
    Found {
        server: None,
        indices: Vec::new(),
        records: 0,
        skipped: 0,
        span: None,
        processes: Processes { records: 0, with_entity_id: 0 },
        clocks: Vec::new(),
        fields: Vec::new(),
        traps: Vec::new(),
        elapsed: std::time::Duration::ZERO,
        now,
    }
}

/// Counts the records that have the fields which hunts need.
fn cover(total: &dyn Fn(Query<Never>) -> Result<u64, SourceError>, found: &mut Found) -> Result<(), SourceError> {
    if found.records == 0 {
        return Ok(());
    }
    for (field, without) in needed() {
        let records = total(Query::exists(field))?;
        found.fields.push(Coverage { field, records, without, mapping: None });
    }
    let traits = ["process.entity_id", "process.pid", "process.name", "process.executable"];
    found.processes.records = total(Query::any(traits.map(Query::exists)))?;
    found.processes.with_entity_id = found.fields.iter().find(|c| c.field == "process.entity_id").map_or(0, |c| c.records);
    Ok(())
}

/// How many records match; with `indexed`, as far as a server's index tells: values beyond its limits would have to be
/// looked for among all records.
fn total(source: &dyn DataSource, query: Query<Never>, indexed: bool) -> Result<u64, SourceError> {
    let request = BoundRequest { first_only: indexed, ..BoundRequest::of(Catalog::builtin(), query, [""; 0]) };
    source.count(&request, &FetchContext::default())
}

/// Fields that identities and everyday attributes are read from, with what cannot be hunted without them.
fn needed() -> Vec<(&'static str, String)> {
    let catalog = Catalog::builtin();
    let mut fields: Vec<(&'static str, String)> = vec![
        ("@timestamp", "no windows".to_owned()),
        ("host.name", "files and registry keys of several hosts are one".to_owned()),
        ("event.code", "creation records are only known by event.category and event.type".to_owned()),
        ("event.category", "creation records are only known by event.code".to_owned()),
        ("process.command_line", "no command lines".to_owned()),
        ("process.name", "no process names".to_owned()),
    ];
    for entity in catalog.entities.iter().filter(|e| e.everyday) {
        let slots = entity.get_slots().flat_map(|slot| entity.identity.required.iter().map(move |attr| (slot, *attr)));
        for (slot, attr) in slots {
            let Some(access) = entity.access(attr, slot) else { continue };
            let place = entity.slots.get(usize::from(slot.0)).map_or("", |s| s.name.as_str());
            for field in &access.fields {
                if !fields.iter().any(|(known, _)| known == field) {
                    fields.push((field, format!("no {} in slot {place}", entity.name)));
                }
            }
        }
    }
    fields
}
