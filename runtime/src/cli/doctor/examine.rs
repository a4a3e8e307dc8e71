//! Asks a data source for the facts that `huntc doctor` shows.

use super::entities;
use super::health::{Coverage, Examined, Health, Processes, Said};
use crate::cli::console::Console;
use crate::config::binding::Binding;
use crate::config::kinds::{OpenedSource, ResolvedSource};
use crate::session::Session;
use crate::source::{DataSource, FetchContext, SourceError};
use huntc_compiler::catalog::{Catalog, OwnField};
use huntc_compiler::request::{BoundRequest, Never, Query};
use huntc_compiler::source::Span;
use huntc_compiler::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant as Clock};

/// Fields whose records are counted at the same time.
const AT_ONCE: usize = 8;

/// Examines a source.
pub(super) fn examine(binding: &Binding, own: &[OwnField], console: &mut Console, now: Instant) -> Health {
    let kind = &binding.kind;
    let mut health = Health {
        name: binding.name.clone(),
        said: Some(Said {
            kind: kind.word(),
            location: kind.location(),
            credentials: kind.credentials(),
            from: binding.origin.to_string(),
        }),
        examined: None,
        problem: None,
    };
    match kind.resolve(&binding.name, &console.session.environment).and_then(|source| look(source.as_ref(), own, now)) {
        Ok(examined) => health.examined = Some(examined),
        Err(error) => {
            let span = Span::new(console.session.texts.add_text("configuration", binding.name.as_str()), 0, binding.name.len());
            health.problem = Some(error.at(span));
        }
    }
    health
}

fn look(resolved: &dyn ResolvedSource, own: &[OwnField], now: Instant) -> Result<Examined, SourceError> {
    let begun = Clock::now();
    let catalog = Session::builtin_catalog().with_fields(own);
    let mut needed = needed(&catalog);
    needed.extend(own.iter().map(|field| (field.name.clone(), "declared under [fields]".to_owned())));
    let mut fields: Vec<String> = needed.iter().map(|(field, _)| field.clone()).collect();
    fields.extend(entities::fields(&catalog).into_iter().filter(|field| !needed.iter().any(|(known, _)| known == field)));
    let (OpenedSource { source, read, .. }, facts) = resolved.survey(&fields)?;
    let processes = Processes { records: 0, with_entity_id: 0 };
    let own = own.to_vec();
    let mut examined = Examined {
        facts,
        unread: read.unwrap_or_default(),
        processes,
        fields: Vec::new(),
        entities: Vec::new(),
        own,
        elapsed: Duration::ZERO,
        now,
    };
    cover(source.as_ref(), &catalog, needed, &mut examined)?;
    examined.elapsed = begun.elapsed();
    Ok(examined)
}

/// Counts the records that have the fields which hunts need.
fn cover(
    source: &dyn DataSource,
    catalog: &Catalog,
    needed: Vec<(String, String)>,
    examined: &mut Examined,
) -> Result<(), SourceError> {
    if examined.facts.records == 0 {
        return Ok(());
    }
    let total = |query| total(source, catalog, query, examined.facts.counts_by_index);
    let names = needed.iter().map(|(field, _)| field.clone()).chain(entities::fields(catalog)).collect();
    let counts = counts(&names, &|field| total(Query::exists(field)))?;
    let mut fields = Vec::with_capacity(needed.len());
    for (field, without) in needed {
        let records = counts.get(&field).copied().unwrap_or(0);
        let mapping = examined.facts.mappings.iter().find(|f| f.name == field).cloned();
        fields.push(Coverage { field, records, without, mapping });
    }
    let traits = ["process.entity_id", "process.pid", "process.name", "process.executable"];
    examined.processes.records = total(Query::any(traits.map(Query::exists)))?;
    examined.processes.with_entity_id = fields.iter().find(|c| c.field == "process.entity_id").map_or(0, |c| c.records);
    examined.entities = entities::coverage(catalog, &counts);
    examined.fields = fields;
    Ok(())
}

/// The number of records with each field, several counted at once: most of the time is spent waiting for a server.
fn counts(
    fields: &BTreeSet<String>,
    count: &(dyn Fn(&str) -> Result<u64, SourceError> + Sync),
) -> Result<BTreeMap<String, u64>, SourceError> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let fields: Vec<&String> = fields.iter().collect();
    let work = || -> Result<(), SourceError> {
        while let Some(field) = fields.get(next.fetch_add(1, Ordering::Relaxed)) {
            let records = count(field)?;
            found.lock().unwrap_or_else(PoisonError::into_inner).insert((*field).clone(), records);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// How many records match. `indexed`: only values in the index count; to find longer values a server would have to read
/// all records.
fn total(source: &dyn DataSource, catalog: &Catalog, query: Query<Never>, indexed: bool) -> Result<u64, SourceError> {
    let request = BoundRequest { enough: indexed.then_some(1), ..BoundRequest::of(catalog, query, [""; 0]) };
    // What cannot be seen is among the findings.
    source.count(&request, &FetchContext { allow_partial: true, ..FetchContext::default() })
}

/// The fields that identities and common attributes are read from, each with what cannot be hunted without it.
fn needed(catalog: &Catalog) -> Vec<(String, String)> {
    let everyday = [
        ("@timestamp", "no windows"),
        ("host.name", "files and registry keys of several hosts are one"),
        ("event.code", "creation records are only known by event.category and event.type"),
        ("event.category", "creation records are only known by event.code"),
        ("process.command_line", "no command lines"),
        ("process.name", "no process names"),
    ];
    let mut fields: Vec<(String, String)> = everyday.map(|(field, without)| (field.to_owned(), without.to_owned())).into();
    for entity in catalog.entities.iter().filter(|e| e.everyday) {
        let slots = entity.get_slots().flat_map(|slot| entity.identity.required.iter().map(move |attr| (slot, *attr)));
        for (slot, attr) in slots {
            let Some(access) = entity.access(attr, slot) else { continue };
            let place = entity.slots.get(usize::from(slot.0)).map_or("", |s| s.name.as_str());
            let without = if place == "self" { format!("no {}", entity.name) } else { format!("no {} as {place}", entity.name) };
            for field in &access.fields {
                if !fields.iter().any(|(known, _)| known == field) {
                    fields.push((field.clone(), without.clone()));
                }
            }
        }
    }
    fields
}
