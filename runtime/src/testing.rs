//! Tables, records and plans written as text, for unit tests: a header and rows, `|` between the cells, `-` for nothing.

#![allow(clippy::panic, clippy::unwrap_used)]

use crate::source::{Column, Records, Scalar};
use crate::table::{Collector, Key, Rows, Rung, Sighting, Table};
use huntc_compiler::catalog::{AttrId, Catalog, EntityId, ValueType};
use huntc_compiler::check::hir::{Attr, SightingAttr};
use huntc_compiler::compile::{Compiled, compile};
use huntc_compiler::options::Options;
use huntc_compiler::plan::Plan;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::{Instant, SECOND};
use huntc_compiler::value::Value;

/// Header and cells of a table written as text.
struct Grid<'t> {
    names: Vec<&'t str>,
    rows: Vec<Vec<&'t str>>,
}

impl<'t> Grid<'t> {
    fn read(text: &'t str) -> Self {
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
        let mut lines = lines.map(|l| l.split('|').map(str::trim).collect::<Vec<_>>());
        let names = lines.next().unwrap_or_default();
        let rows: Vec<Vec<&str>> = lines.collect();
        assert!(rows.iter().all(|row| row.len() == names.len()), "a row has other cells than the header:{text}");
        Self { names, rows }
    }

    /// The cell below a header; `None` when the column is missing or the cell is empty.
    fn cell(&self, row: &[&'t str], name: &str) -> Option<&'t str> {
        let at = self.names.iter().position(|n| *n == name)?;
        row.get(at).copied().filter(|cell| *cell != "-")
    }
}

/// The entity type with this name.
pub(crate) fn entity(name: &str) -> EntityId {
    Catalog::builtin().entity(name).unwrap_or_else(|| panic!("no type {name}"))
}

/// The attribute with this name: one of the catalog, one of sightings, or else an added one.
pub(crate) fn attr(of: EntityId, name: &str) -> Attr {
    let known = || Catalog::builtin().get(of).attribute(name).map(Attr::Catalog);
    let sighting = || SightingAttr::from_name(name).map(Attr::Sighting);
    known().or_else(sighting).unwrap_or_else(|| Attr::Added(name.to_owned()))
}

/// The instant `n` seconds after the epoch.
pub(crate) fn second(n: i64) -> Instant {
    Instant(n * SECOND)
}

/// A table of sightings, one in each row. Columns are attributes of the type, `+name` for added values of entities, and
///
/// * `@key`: the key of the entity; `@host`: the host of its key
/// * `@time`: in seconds
/// * `@record`: the record's number, by default that of the row; `@slot`: its slot, by default the first
/// * `@is`: `creation`, `uncounted` or both
pub(crate) fn table(of: &str, text: &str) -> Table {
    let (catalog, of) = (Catalog::builtin(), entity(of));
    let grid = Grid::read(text);
    let known = |name: &str| catalog.get(of).attribute(name);
    let columns: Vec<(&str, AttrId)> = grid.names.iter().filter_map(|name| Some((*name, known(name)?))).collect();
    let added: Vec<&str> = grid.names.iter().copied().filter(|name| name.starts_with('+')).collect();
    if let Some(other) = grid.names.iter().find(|n| !n.starts_with(['@', '+']) && known(n).is_none()) {
        panic!("no attribute {other}");
    }
    let mut collector = Collector::default();
    let mut additions: Vec<(String, Vec<Option<Value>>)> = added.iter().map(|name| (name[1..].to_owned(), Vec::new())).collect();
    for (number, row) in grid.rows.iter().enumerate() {
        let rung = if catalog.get(of).identity.ladder { Rung::EntityId } else { Rung::Plain };
        let key = Key::new(rung, [grid.cell(row, "@key").map(Value::text)], grid.cell(row, "@host").map(Into::into));
        let is = |word: &str| grid.cell(row, "@is").is_some_and(|words| words.contains(word));
        let value = |(name, id): &(&str, AttrId)| Some(value(grid.cell(row, name)?, catalog.attribute(of, *id).ty));
        let numbered = !grid.names.contains(&"@record");
        let record = grid.cell(row, "@record").map(|n| n.parse().unwrap()).or(numbered.then_some(number as u64 + 1));
        let values = collector.tuple(&columns.iter().map(value).collect::<Vec<_>>());
        let time = grid.cell(row, "@time").map(|n| second(n.parse().unwrap()));
        let mut sighting = Sighting::new(record, time, grid.cell(row, "@slot").map_or(0, |n| n.parse().unwrap()), values);
        sighting.set_counted(!is("uncounted"));
        sighting.set_creation(is("creation"));
        let number = collector.number(key);
        collector.put(number, sighting, record.map(|n| format!("index/{n}").into()).as_ref());
        for (name, (_, values)) in added.iter().zip(&mut additions) {
            if values.len() <= number as usize {
                values.push(grid.cell(row, name).map(untyped));
            }
        }
    }
    let attrs: Vec<Attr> = columns.iter().map(|(_, id)| Attr::Catalog(*id)).collect();
    let mut table = collector.finish_with(Some(of), &attrs, additions);
    let identifiers = columns.iter().filter(|(_, id)| catalog.attribute(of, *id).ty.is_identifier());
    table.identifiers = identifiers.map(|(_, id)| Attr::Catalog(*id)).collect();
    table
}

/// A cell as a value of a type; `[a, b]` is several values.
fn value(cell: &str, ty: ValueType) -> Value {
    if let Some(list) = cell.strip_prefix('[').and_then(|c| c.strip_suffix(']')) {
        return Value::List(list.split(',').map(|part| value(part.trim(), ty)).collect());
    }
    match ty {
        ValueType::Text | ValueType::Id | ValueType::EntityId | ValueType::Mac => Value::text(cell),
        ValueType::Integer | ValueType::Float | ValueType::Boolean => untyped(cell),
        ValueType::Time => Value::Time(second(cell.parse().unwrap())),
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => Value::Address(cell.parse().unwrap()),
    }
}

/// A cell read as JSON, or as text if it is none.
fn untyped(cell: &str) -> Value {
    match scalar(cell) {
        Scalar::Bool(b) => Value::Bool(b),
        Scalar::Int(i) => Value::Int(i),
        Scalar::Float(f) => Value::Float(f),
        Scalar::Text(t) => Value::Text(t),
    }
}

/// A cell of a record: `4` is a number; `"4"` and whatever is no JSON are text.
fn scalar(cell: &str) -> Scalar {
    match serde_json::from_str(cell) {
        Ok(serde_json::Value::Bool(b)) => Scalar::Bool(b),
        Ok(serde_json::Value::String(text)) => Scalar::Text(text.into()),
        Ok(serde_json::Value::Number(n)) => n.as_i64().map_or_else(|| Scalar::Float(n.as_f64().unwrap()), Scalar::Int),
        _ => Scalar::Text(cell.into()),
    }
}

/// Records, one in each row. Columns are ECS fields, and `@time` in seconds, by default the number of the row. `[a, b]`
/// is several values.
pub(crate) fn records(text: &str) -> Records {
    let grid = Grid::read(text);
    let numbers = 1..=grid.rows.len() as u64;
    let time = |(row, n): (&Vec<&str>, u64)| Some(second(grid.cell(row, "@time").map_or(n as i64, |cell| cell.parse().unwrap())));
    let column = |field: &str| {
        let mut column = Column { starts: vec![0], ..Column::default() };
        for row in &grid.rows {
            let cell = grid.cell(row, field).unwrap_or("[]");
            let list = cell.strip_prefix('[').and_then(|c| c.strip_suffix(']'));
            let cells = list.map_or(vec![cell], |list| list.split(',').map(str::trim).filter(|c| !c.is_empty()).collect());
            for value in cells.into_iter().map(scalar) {
                let known = column.dictionary.iter().position(|old| *old == value);
                column.codes.push(known.unwrap_or(column.dictionary.len()) as u32);
                column.dictionary.extend(known.is_none().then_some(value));
            }
            column.starts.push(column.codes.len() as u32);
        }
        column
    };
    let fields = grid.names.iter().filter(|name| !name.starts_with('@'));
    Records {
        times: grid.rows.iter().zip(numbers.clone()).map(time).collect(),
        observations: numbers.clone().map(|n| format!("index/{n}").into()).collect(),
        ids: numbers.collect(),
        columns: fields.map(|field| ((*field).to_owned(), column(field))).collect(),
        ..Records::default()
    }
}

/// The rows of a table: the values of these columns, separated by ` | `.
pub(crate) fn rows(table: &Table, names: &str) -> Vec<String> {
    let column = |name: &str| {
        let added = Attr::Added(name.to_owned());
        let of_rows = matches!(&table.rows, Rows::Explicit { columns, .. } if columns.contains(&added));
        table.column(&if of_rows { added } else { attr(table.entity.unwrap(), name) })
    };
    let columns: Vec<_> = names.split_whitespace().map(column).collect();
    let row = |row: usize| columns.iter().map(|c| shown(c[row].as_ref())).collect::<Vec<_>>().join(" | ");
    (0..table.row_count()).map(row).collect()
}

/// The content of a table, one entity in each line: its key and the numbers of its records. A creation record ends in
/// `c`; one that does not count is in parentheses.
pub(crate) fn held(table: &Table) -> Vec<String> {
    let sighting = |s: Sighting| {
        let record = s.record().map_or_else(|| "-".to_owned(), |n| n.to_string());
        let text = format!("{record}{}", if s.creation() { "c" } else { "" });
        if s.counted() { text } else { format!("({text})") }
    };
    let entity = |entity: crate::table::Entity<'_>| {
        let sightings: Vec<String> = entity.sightings().map(sighting).collect();
        format!("{}: {}", key(entity.key()), sightings.join(" "))
    };
    table.entities().map(entity).collect()
}

/// A key as text: its parts separated by commas, then `@` and its host.
pub(crate) fn key(key: &Key) -> String {
    let parts: Vec<String> = key.parts().iter().map(|part| shown(part.as_ref())).collect();
    let host = key.host().map_or_else(String::new, |host| format!(" @{host}"));
    format!("{}{host}", parts.join(","))
}

/// A value as text; times are in seconds.
pub(crate) fn shown(value: Option<&Value>) -> String {
    match value {
        None => "-".to_owned(),
        Some(Value::Time(time)) => format!("{}s", time.0 / SECOND),
        Some(other) => other.to_string(),
    }
}

/// The plan of a hunt, which must compile.
pub(crate) fn plan(text: &str) -> Plan {
    plan_with(text, false)
}

/// As [`plan`], with or without `--ignore-case`.
pub(crate) fn plan_with(text: &str, ignore_case: bool) -> Plan {
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunt.hf", text);
    let compilation = compile(&sources, id, Catalog::builtin(), &Options { ignore_case, ..Options::at(second(0)) });
    let Some(Compiled { plan, .. }) = compilation.compiled else { panic!("{text}\n{:#?}", compilation.diagnostics) };
    plan
}

/// Asserts that a schema in `docs/schemas/` is what the type says. `HUNTC_WRITE_SCHEMAS=1` writes it.
#[track_caller]
pub(crate) fn assert_schema<T: schemars::JsonSchema>(name: &str, title: &str) {
    let mut schema =
        schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/schemas/{name}.schema.json"));
    if std::env::var_os("HUNTC_WRITE_SCHEMAS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, text, "`HUNTC_WRITE_SCHEMAS=1 cargo test --workspace --lib the_schema` writes it");
}
