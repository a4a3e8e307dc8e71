//! Every attribute of the catalog in every slot that has it: a record that holds its field is found through a pattern on it,
//! through a relation where one leads to the slot, and the value is shown, typed right.

mod overlays;

use crate::oracle::Options;
use crate::product;
use huntc_compiler::catalog::{Access, Attribute, Catalog, Entity, FieldType, Guard, Rule, SlotId, ValueType};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

/// Fields that a row names without reading values from them: entity type, attribute, field, and why.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    ("windows-registry-key", "key", "registry.path", "compared only with literals that begin with a hive name"),
    ("x-oca-event", "registry_ref.key", "registry.path", "compared only with literals that begin with a hive name"),
];

/// Slots that neither GET nor a relation whose input GET can find leads to: entity type, slot, and why. None is known.
const UNREACHED: &[(&str, &str, &str)] = &[];

/// One field of one attribute in one slot.
struct Case {
    name: String,
    /// Statements; `g` and `f` with the number are the variables that must hold one entity.
    text: String,
    document: Json,
    got: Option<String>,
    found: Option<String>,
    shown: Json,
}

/// What a field holds, what the attribute is then, and how that is written.
fn sample(number: usize, ty: ValueType, rule: Rule) -> (Json, Json, String) {
    let path = format!(r"C:\folder{number}\name{number}.exe");
    let text = |held: String, shown: String| (json!(held), json!(shown), format!("r'{shown}'"));
    match (rule, ty) {
        (Rule::Basename | Rule::BasenameOfPath, _) => text(path, format!("name{number}.exe")),
        (Rule::Dirname, _) => text(path, format!(r"C:\folder{number}")),
        (Rule::PathWithSeparator, _) => text(path.clone(), path),
        (_, ValueType::Text) => text(format!(r"Value {number}\x"), format!(r"Value {number}\x")),
        (_, ValueType::Mac) => text(
            format!("00-00-5E-00-{:02X}-{:02X}", number / 256, number % 256),
            format!("00:00:5e:00:{:02x}:{:02x}", number / 256, number % 256),
        ),
        (_, ValueType::Id | ValueType::EntityId) => text(format!("{number:032x}"), format!("{number:032x}")),
        (_, ValueType::Integer) => (json!(number + 70_000), json!(number + 70_000), (number + 70_000).to_string()),
        (_, ValueType::Float) => (json!(number as f64 + 0.5), json!(number as f64 + 0.5), format!("{number}.5")),
        (_, ValueType::Boolean) => (json!(true), json!(true), "true".to_owned()),
        (_, ValueType::Time) => {
            let time = jiff::Timestamp::from_second(1_500_000_000 + number as i64).unwrap();
            text(format!("{time:.3}"), format!("{time:.3}"))
        }
        (_, ValueType::Ipv6) => text(format!("fd00:0:0:0:0:0:0:{number:x}"), format!("fd00::{number:x}")),
        (_, ValueType::Address | ValueType::Ipv4) => {
            let address = format!("10.1.{}.{}", number / 250, number % 250 + 1);
            text(address.clone(), address)
        }
    }
}

fn put(document: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => drop(document.insert(path.to_owned(), value)),
        Some((head, rest)) => {
            let node = document.entry(head).or_insert_with(|| json!({}));
            put(node.as_object_mut().expect("a field is no object and value at once"), rest, value);
        }
    }
}

fn holds(document: &Json, path: &str) -> bool {
    path.split('.').try_fold(document, |node, part| node.get(part)).is_some()
}

/// Makes an entity stand in a slot: what it cannot be without, where the document lacks it. `pivots`: its whole identity.
fn stand(document: &mut Json, entity: &Entity, slot: SlotId, pivots: bool, number: usize) {
    let key = if pivots { entity.identity.key.as_slice() } else { &[] };
    for id in entity.identity.required.iter().chain(key) {
        let attribute = &entity.attributes[usize::from(id.0)];
        let Some(access) = attribute.access[usize::from(slot.0)].as_ref() else { continue };
        if !access.fields.iter().any(|f| holds(document, f)) {
            let (held, ..) = sample(number + 20_000, attribute.ty, access.rule);
            put(document.as_object_mut().unwrap(), &access.fields[0], held);
        }
    }
}

fn guarded(document: &mut Json, guards: &[Guard]) {
    for guard in guards.iter().filter(|g| !g.values.is_empty()) {
        if !holds(document, &guard.field) {
            put(document.as_object_mut().unwrap(), &guard.field, json!(guard.values[0]));
        }
    }
}

/// A way to the slot: the words before the input, the input's type and slot, and conditions on the record.
fn way<'c>(catalog: &'c Catalog, entity: &'c Entity, slot: SlotId) -> Option<(String, &'c Entity, SlotId, Vec<Guard>)> {
    for relation in catalog.relations.iter().filter(|r| r.inexpressible.is_none()) {
        let (output, input) = (catalog.get(relation.output), catalog.get(relation.input));
        let fits = |p: &&huntc_compiler::catalog::Way| p.output == slot && input.slots[usize::from(p.input.0)].get;
        if output.name == entity.name
            && let Some(pivot) = relation.ways.iter().find(fits)
        {
            return Some((relation.to_string(), input, pivot.input, pivot.guard.clone()));
        }
    }
    let by = if entity.name == "user-account" { "ipv4-addr" } else { "user-account" };
    let input = catalog.get(catalog.entity(by)?);
    entity.slots[usize::from(slot.0)].linked.then(|| ("LINKED".to_owned(), input, SlotId(0), Vec::new()))
}

fn case(catalog: &Catalog, entity: &Entity, slot: SlotId, attribute: &Attribute, access: &Access, field: &str, n: usize) -> Case {
    let time = jiff::Timestamp::from_second(1_700_000_000 + n as i64).unwrap();
    let window = format!("START t'{time}' STOP t'{}'", time + jiff::SignedDuration::from_secs(1));
    let (mut held, shown, literal) = sample(n, attribute.ty, access.rule);
    let listed = catalog.field_type(field) == FieldType::Keyword && attribute.many;
    if listed {
        held = json!([held]);
    }
    let mut document = json!({"@timestamp": time.to_string()});
    let (held, shown, literal) = match field {
        "@timestamp" => (json!(time.to_string()), json!(format!("{time:.3}")), format!("'{time}'")),
        _ => (held, shown, literal),
    };
    put(document.as_object_mut().unwrap(), field, held);
    stand(&mut document, entity, slot, false, n);
    let (kind, name) = (&entity.name, &attribute.name);
    let place = &entity.slots[usize::from(slot.0)];
    let mut text = String::new();
    let got = place.get.then(|| format!("g{n}"));
    if got.is_some() {
        let _ = writeln!(text, "g{n} = GET {kind} FROM stixshifter://s WHERE {name} = {literal} {window}\nDISP g{n} ATTR {name}");
    }
    let found = way(catalog, entity, slot).map(|(words, input, from, guards)| {
        guarded(&mut document, &guards);
        stand(&mut document, input, from, true, n + 10_000);
        let known = input.identity.required.first().map_or("code", |id| &input.attributes[usize::from(id.0)].name);
        let _ = writeln!(text, "i{n} = GET {} FROM stixshifter://s WHERE {known} IS NOT NULL {window}", input.name);
        let _ = writeln!(text, "f{n} = FIND {kind} {words} i{n} WHERE {name} = {literal} {window}\nDISP f{n} ATTR {name}");
        format!("f{n}")
    });
    let name = format!("{kind}:{name} in {} from {field}", place.name);
    Case { name, text, document, got, found, shown }
}

/// The cases of each slot of each type.
fn cases() -> Vec<Vec<Case>> {
    let catalog = Catalog::builtin();
    let (mut all, mut number) = (Vec::new(), 0);
    for entity in &catalog.entities {
        for slot in (0..entity.slots.len()).map(|s| SlotId(s as u8)) {
            let mut here = Vec::new();
            for attribute in &entity.attributes {
                let Some(access) = &attribute.access[usize::from(slot.0)] else { continue };
                for field in &access.fields {
                    let excepted =
                        |(e, a, f, _): &&(&str, &str, &str, &str)| (*e, *a, *f) == (&entity.name, &attribute.name, field);
                    if EXCEPTIONS.iter().find(excepted).is_none() {
                        number += 1;
                        here.push(case(catalog, entity, slot, attribute, access, field, number));
                    }
                }
            }
            all.push(here);
        }
    }
    all
}

/// Rows of `attributes.csv` that name fields, and how many fields they name.
fn listed() -> (usize, usize) {
    let table = include_str!("../compiler/src/catalog/data/attributes.csv");
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(table.as_bytes());
    let fields: Vec<usize> = reader.records().map(|r| r.unwrap()[5].split_whitespace().count()).filter(|n| *n > 0).collect();
    (fields.len(), fields.iter().sum())
}

#[test]
fn every_attribute_is_found_and_shown_in_every_slot() {
    let all = cases();
    let (rows, fields) = listed();
    assert!(rows >= 550, "{rows} rows of attributes");
    assert_eq!(all.iter().flatten().count(), fields - EXCEPTIONS.len(), "a case for each field of each row");
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("records.ndjson");
    let lines: Vec<String> = all.iter().flatten().map(|c| format!("{}\n", c.document)).collect();
    std::fs::write(&path, lines.concat()).unwrap();
    let texts: Vec<String> = all.iter().map(|cases| cases.iter().map(|c| c.text.as_str()).collect()).collect();
    let verdicts = product::run(&[("s".to_owned(), path.display().to_string())], &texts, Options::default());
    let mut out = String::new();
    for (case, verdict) in all.iter().zip(verdicts).flat_map(|(cases, v)| cases.iter().map(move |c| (c, v.clone()))) {
        let outcome = match verdict {
            Ok(outcome) => outcome,
            Err(error) => {
                let _ = writeln!(out, "{}: {error}", case.name);
                continue;
            }
        };
        for variable in case.got.iter().chain(&case.found) {
            let entities = outcome.bindings.iter().find(|b| b.name == *variable).map(|b| b.entities);
            let rows = outcome.displays.iter().find(|d| d.variable == *variable).map(|d| d.rows.clone());
            if entities != Some(1) || rows != Some(vec![vec![case.shown.clone()]]) {
                let _ = writeln!(
                    out,
                    "{} ({variable}): {entities:?} entities, rows {rows:?}, expected {}\n  {}",
                    case.name, case.shown, case.document
                );
            }
        }
        let reached = case.got.is_some() || case.found.is_some();
        let explained = UNREACHED.iter().any(|(entity, slot, _)| case.name.starts_with(entity) && case.name.contains(slot));
        if !reached && !explained {
            let _ = writeln!(out, "{}: nothing leads to the slot", case.name);
        }
    }
    assert!(out.is_empty(), "{out}");
}
