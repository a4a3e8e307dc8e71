//! Tests of reading: records in, the entity of each slot out.

#![allow(clippy::panic, clippy::unwrap_used)]

mod comparisons;
mod identity;
mod relations;
mod slots;
mod values;

use super::{Found, Hop, Ladder, Lives, Reading, References, Unread};
use crate::allowance::{Allowance, Spent};
use crate::source::Records;
use crate::table::{Key, Table};
use crate::testing::{attr, entity, key, plan, plan_with, records};
use foldhash::HashSet;
use huntc_compiler::catalog::{Catalog, EntityId};
use huntc_compiler::check::hir::{Predicate, VarId};
use huntc_compiler::plan::{Op, Pivot};
use huntc_compiler::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// The settings of a reading.
#[derive(Default)]
struct Reader<'a> {
    ladder: Ladder,
    lives: Lives,
    references: References,
    /// `--ignore-case`
    ignore_case: bool,
    /// Attributes that sightings keep, with blanks between.
    columns: &'a str,
}

impl Reader<'_> {
    /// Reads sightings of a type with one of the functions of this module.
    fn read(&self, of: EntityId, work: impl FnOnce(&Reading<'_>, &mut Found)) -> Found {
        let columns: Vec<_> = self.columns.split_whitespace().map(|name| attr(of, name)).collect();
        let (catalog, lives, references) = (Catalog::builtin(), &self.lives, &self.references);
        let mut found = Found::default();
        let allowance = Allowance::default();
        work(
            &Reading { catalog, slot: None, ladder: &self.ladder, lives, references, columns: &columns, allowance: &allowance },
            &mut found,
        );
        found
    }

    /// A GET; an empty condition holds on everything.
    fn get(&self, of: &str, condition: &str, records: &Records) -> Found {
        let condition = predicate(of, condition, self.ignore_case);
        let of = entity(of);
        self.read(of, |reading, found| super::scan(reading, records, of, &condition, found).unwrap())
    }

    /// The table of a GET without a condition.
    fn table(&self, of: &str, records: &Records) -> Table {
        let columns: Vec<_> = self.columns.split_whitespace().map(|name| attr(entity(of), name)).collect();
        self.get(of, "", records).sightings.finish(Some(entity(of)), &columns)
    }
}

fn predicate(of: &str, condition: &str, ignore_case: bool) -> Predicate {
    if condition.is_empty() {
        return Predicate::TRUE;
    }
    let plan = plan_with(
        &format!("v = NEW process ['a']\nx = GET {of} FROM stixshifter://h WHERE {condition} LAST 1 d\nDISP x"),
        ignore_case,
    );
    let scan = plan.nodes.into_iter().find_map(|n| if let Op::Scan(scan) = n.op { Some(scan) } else { None });
    scan.unwrap().predicate
}

/// The record, slot and key of each sighting, in this order. `?` is a process without identity.
fn seen(of: &str, found: Found) -> Vec<String> {
    let slots = &Catalog::builtin().get(entity(of)).slots;
    let line = |record: u64, slot: u8, key: &str| (record, slot, format!("{record} {} {key}", slots[usize::from(slot)].name));
    let mut lines: Vec<(u64, u8, String)> = found.unidentified.iter().map(|(record, slot)| line(*record, *slot, "?")).collect();
    for one in found.sightings.finish(None, &[]).entities() {
        lines.extend(one.sightings().map(|s| line(s.record().unwrap(), s.slot, &key(one.key()))));
    }
    lines.sort();
    lines.into_iter().map(|(_, _, line)| line).collect()
}

/// Which entity each slot of each record holds.
fn standing(of: &str, log: &str) -> Vec<String> {
    seen(of, Reader::default().get(of, "", &records(log)))
}

/// As [`standing`], for the slots in which a condition holds.
fn matching(of: &str, condition: &str, log: &str) -> Vec<String> {
    seen(of, Reader::default().get(of, condition, &records(log)))
}

/// The numbers of the records whose process in slot `self` satisfies a condition.
fn holds(condition: &str, log: &str) -> Vec<String> {
    let lines = matching("process", condition, log).into_iter();
    lines.filter_map(|line| Some(line.split_once(" self ")?.0.to_owned())).collect()
}

/// What `FIND … v` finds when `v` holds the entities with these keys.
fn found(find: &str, of: &str, keys: &[&str], log: &str) -> Vec<String> {
    let (records, reader) = (records(log), Reader::default());
    let any = &Catalog::builtin().get(entity(of)).attributes[0].name;
    let plan = plan(&format!("v = GET {of} FROM stixshifter://h WHERE {any} IS NULL LAST 1 d\nx = {find}\nDISP x"));
    let (pivot, output) =
        plan.nodes.into_iter().find_map(|n| if let Op::Pivot(p) = n.op { Some((p, n.entity?)) } else { None }).unwrap();
    let everybody = reader.table(of, &records);
    let wanted: HashSet<&Key> =
        everybody.entities().map(|entity| entity.key()).filter(|k| keys.contains(&key(k).as_str())).collect();
    assert_eq!(wanted.len(), keys.len(), "whom to find from stands in the log");
    let Pivot { input, ways, filter, .. } = &pivot;
    let hop = Hop { input: *input, keys: &wanted, ways, entity: output, filter, trace: false };
    let out = reader.read(output, |reading, found| super::pivot(reading, &records, &hop, found).unwrap());
    seen(&Catalog::builtin().get(output).name, out)
}

#[test]
fn what_is_found_is_counted_and_ends_where_the_hunt_has_nothing_left() {
    let log: String = (0..3_000).fold("process.pid | process.entity_id".to_owned(), |text, n| text + &format!("\n {n} | e{n}"));
    let (records, of) = (records(&log), entity("process"));
    let read = |allowance: &Allowance| {
        let (ladder, lives, references, mut found) = (Ladder::default(), Lives::default(), References::default(), Found::default());
        let columns = [attr(of, "pid")];
        let catalog = Catalog::builtin();
        let reading =
            Reading { catalog, slot: None, ladder: &ladder, lives: &lives, references: &references, columns: &columns, allowance };
        super::scan(&reading, &records, of, &Predicate::TRUE, &mut found)
            .map(|()| found.sightings.finish(None, &[]).entities().len())
    };
    let limited = |time, memory| read(&Allowance::new(Arc::default(), time, memory));
    assert_eq!(limited(None, Some(8 << 20)).unwrap(), 3_000);
    assert!(matches!(limited(None, Some(256 << 10)), Err(Unread::Spent(Spent::Memory(_, "what a statement finds")))));
    assert!(matches!(limited(Some(Duration::ZERO), None), Err(Unread::Spent(Spent::Time(_)))));
}

/// A reader for which references to `v.name` stand for these texts.
fn referring(texts: &[&str]) -> Reader<'static> {
    let values: HashSet<Value> = texts.iter().map(|text| Value::text(*text)).collect();
    let references = [((VarId(0), attr(entity("process"), "name")), values)].into_iter().collect();
    Reader { references, ..Reader::default() }
}
