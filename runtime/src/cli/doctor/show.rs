//! Shows the facts about data sources, as text or as JSON.

use super::health::{Coverage, Examined, Health, Said};
use crate::report::sanitize::{json_line, terminal as safe};
use crate::report::text::{count, seconds, table};
use crate::source::Clock;
use comfy_table::{CellAlignment, Table};
use huntc_compiler::diag::render_json;
use huntc_compiler::source::SourceSet;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// The most names of indices that are shown; a cluster may have thousands.
const INDICES: usize = 5;

/// A source as text, without its problem, which is shown as a diagnostic.
pub(super) fn text(health: &Health, width: Option<u16>) -> String {
    let Some(bound) = &health.said else { return String::new() };
    let mut out = format!("{}: {} {}\n  from {}\n", safe(&health.name), bound.kind, safe(&bound.location), safe(&bound.from));
    if let Some(credentials) = &bound.credentials {
        let _ = writeln!(out, "  credentials: {}", safe(credentials));
    }
    if let Some(found) = &health.examined {
        out.push_str(&facts(found));
        if found.facts.records > 0 {
            out.push('\n');
            out.push_str(&tables(found, width));
        }
        out.push('\n');
    }
    out
}

fn facts(found: &Examined) -> String {
    let mut out = String::new();
    if let Some(server) = &found.facts.server {
        let _ = writeln!(out, "  server: {}", safe(server));
        let names: Vec<_> = found.facts.indices.iter().take(INDICES).map(|i| safe(i).into_owned()).collect();
        let more = if found.facts.indices.len() > INDICES { ", …" } else { "" };
        let _ = writeln!(out, "  {}: {}{more}", plural(found.facts.indices.len()), names.join(", "));
    }
    let span = found.facts.span.map_or_else(String::new, |(first, last)| format!(", {first} to {last}"));
    let _ = writeln!(out, "  {}{span} (asked in {})", count(found.facts.records, "record"), seconds(found.elapsed));
    if found.processes.records > 0 {
        let of = count(found.processes.records, "record");
        let _ = writeln!(out, "  {} of {of} of processes have an entity id", found.processes.with_entity_id);
    }
    for note in found.notes() {
        let _ = writeln!(out, "  note: {}", safe(&note));
    }
    for finding in &found.facts.findings {
        let _ = writeln!(out, "  finding: {}: {}", safe(&finding.what), safe(&finding.means));
    }
    for trap in &found.facts.traps {
        let _ = writeln!(out, "  mapping: {}: {}", names(&trap.fields), safe(&trap.about));
    }
    out
}

/// As in `process.name, process.pid and 20 more`.
fn names(fields: &[String]) -> String {
    const SHOWN: usize = 3;
    let first: Vec<&str> = fields.iter().take(SHOWN).map(String::as_str).collect();
    match fields.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn plural(indices: usize) -> String {
    format!("{indices} {}", if indices == 1 { "index" } else { "indices" })
}

fn tables(found: &Examined, width: Option<u16>) -> String {
    let mut out = String::new();
    if !found.facts.clocks.is_empty() {
        let mut rows = table(width);
        rows.set_header(["CATEGORY", "RECORDS", "FIRST", "LAST"]);
        for clock in &found.facts.clocks {
            let cells = [clock.category.clone(), clock.records.to_string(), clock.first.to_string(), clock.last.to_string()];
            rows.add_row(cells.map(|c| safe(&c).into_owned()));
        }
        to_the_right(&mut rows, 1..=1);
        let _ = writeln!(out, "{}\n", rows.trim_fmt());
    }
    let mut rows = table(width);
    let kept = found.facts.server.is_some();
    let mut header = vec!["FIELD", "RECORDS", "SHARE", "WITHOUT IT"];
    if kept {
        header.insert(3, "MAPPING");
    }
    rows.set_header(header);
    for coverage in &found.fields {
        let without = if coverage.records == 0 { coverage.without.clone() } else { String::new() };
        let mut cells = vec![coverage.field.clone(), coverage.records.to_string(), share(coverage, found), without];
        if kept {
            cells.insert(3, mapping(coverage));
        }
        rows.add_row(cells);
    }
    to_the_right(&mut rows, 1..=2);
    let _ = writeln!(out, "{}\n", rows.trim_fmt());
    let mut rows = table(width);
    rows.set_header(["ENTITY TYPE", "ATTRIBUTES", "IN NO RECORD"]);
    for covered in &found.entities {
        let there = covered.attributes - covered.absent.len();
        rows.add_row([covered.entity.clone(), format!("{there} of {}", covered.attributes), names(&covered.absent)]);
    }
    let _ = writeln!(out, "{}", rows.trim_fmt());
    out
}

/// Aligns columns of figures to the right.
fn to_the_right(rows: &mut Table, columns: RangeInclusive<usize>) {
    for column in columns {
        if let Some(column) = rows.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// The share in percent, rounded down, so that only a field of every record has 100 %.
fn share(coverage: &Coverage, found: &Examined) -> String {
    let tenths = u128::from(coverage.records) * 1_000 / u128::from(found.facts.records.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The mapping, `keyword up to 1024`; several mappings with the number of indices of each.
fn mapping(coverage: &Coverage) -> String {
    let Some(mapping) = &coverage.mapping else { return String::new() };
    let mut ways: Vec<String> = match mapping.kinds.as_slice() {
        [(kind, _)] if mapping.missing == 0 => vec![kind.clone()],
        kinds => kinds.iter().map(|(kind, indices)| format!("{kind} in {indices}")).collect(),
    };
    if mapping.missing > 0 {
        ways.push(format!("missing in {}", mapping.missing));
    }
    ways.join(", ")
}

/// All sources as JSON, each on a line.
pub(super) fn json(found: &[Health], sources: &SourceSet) -> String {
    let lines: Vec<String> = found
        .iter()
        .map(|health| String::from_utf8_lossy(&json_line(&value(health, sources)).unwrap_or_default()).into_owned())
        .collect();
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

fn value(health: &Health, sources: &SourceSet) -> Value {
    let bound = |get: &dyn Fn(&Said) -> Value| health.said.as_ref().map_or(Value::Null, get);
    json!({
        "name": health.name,
        "status": match &health.problem {
            Some(_) => "failed",
            None if health.is_part() => "partial",
            None => "ok",
        },
        "kind": bound(&|b| json!(b.kind)),
        "location": bound(&|b| json!(b.location)),
        "credentials": bound(&|b| json!(b.credentials)),
        "from": bound(&|b| json!(b.from)),
        "found": health.examined.as_ref().map(found_value),
        "error": health.problem.as_ref().map(|p| render_json::value(p, sources)),
    })
}

fn found_value(found: &Examined) -> Value {
    let clock =
        |c: &Clock| json!({"category": c.category, "records": c.records, "first": c.first.to_string(), "last": c.last.to_string()});
    let field = |c: &Coverage| {
        let kinds = c.mapping.iter().flat_map(|m| &m.kinds).map(|(kind, indices)| json!({"kind": kind, "indices": indices}));
        json!({
            "field": c.field,
            "records": c.records,
            "mappings": c.mapping.as_ref().map(|_| kinds.collect::<Vec<_>>()),
            "missing_in_indices": c.mapping.as_ref().map(|m| m.missing),
            "without": if c.records == 0 { Some(&c.without) } else { None },
        })
    };
    json!({
        "server": found.facts.server,
        "indices": found.facts.indices,
        "records": found.facts.records,
        "skipped_lines": found.unread.bad_total,
        "mended_records": found.unread.mended_total,
        "log_clocks": found.unread.clocks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "left_out": found.unread.left_out.iter().map(|l| json!({"file": l.file, "looks_like": l.what})).collect::<Vec<_>>(),
        "first": found.facts.span.map(|s| s.0.to_string()),
        "last": found.facts.span.map(|s| s.1.to_string()),
        "processes": {"records": found.processes.records, "with_entity_id": found.processes.with_entity_id},
        "categories": found.facts.clocks.iter().map(clock).collect::<Vec<_>>(),
        "fields": found.fields.iter().map(field).collect::<Vec<_>>(),
        "entities": found.entities.iter().map(|e| json!({"entity": e.entity, "attributes": e.attributes, "absent": e.absent})).collect::<Vec<_>>(),
        "traps": found.facts.traps.iter().map(|t| json!({"about": t.about, "fields": t.fields})).collect::<Vec<_>>(),
        "findings": found.facts.findings.iter().map(|f| json!({"what": f.what, "means": f.means})).collect::<Vec<_>>(),
        "notes": found.notes(),
    })
}
