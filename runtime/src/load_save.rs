//! Files of LOAD and SAVE: CSV, JSON and Parquet, plain or packed with gzip or zstd according to their names. Only files in
//! allowed folders are used.

mod earlier;
mod packing;
mod rows;
mod tables;

use crate::allowance::{Allowance, Lent};
use crate::analytics;
use crate::matching::typed_text;
use crate::own_files;
use crate::report::sanitize;
use crate::source::repair::Flaw;
use crate::source::{SourceError, logs, regular_file};
use huntc_compiler::catalog::{Catalog, EntityId, canonical};
use huntc_compiler::diag::codes;
use huntc_compiler::plan::{Attr, Column};
use huntc_compiler::value::Value;
use packing::{Packing, open, shape};
use rows::{Again, Cells, RowFault};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::io::{BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

/// The folders in which LOAD and SAVE may use files.
pub struct Place<'a> {
    /// Relative paths start here.
    pub folder: &'a Path,
    /// The allowed folders. When empty: `folder` and the current folder.
    pub roots: &'a [PathBuf],
}

/// The content of a file of LOAD.
pub struct Loaded<'a> {
    /// The entity type of its rows.
    pub entity: EntityId,
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// Each row has one value for each column.
    pub rows: Vec<Vec<Option<Value>>>,
    /// The rows of which a value was mended, from 1, each with its first flaw.
    pub mended: Vec<(u64, Flaw)>,
    /// What they take, until they are in a table.
    pub memory: Lent<'a>,
}

fn load_error(path: &str, what: impl std::fmt::Display) -> SourceError {
    SourceError::new(&codes::run::LOAD_FAILED, format!("{path:?} cannot be loaded: {what}"))
}

fn save_error(path: &str, what: impl std::fmt::Display) -> SourceError {
    SourceError::new(&codes::run::SAVE_FAILED, format!("{path:?} cannot be saved: {what}"))
}

/// The absolute path without `.` and `..`. A `..` at the root of the file system is dropped.
fn resolve(path: &str, place: &Place<'_>) -> PathBuf {
    let joined = place.folder.join(path);
    let mut out = PathBuf::new();
    // A folder given as `.` would otherwise leave the file without a parent that exists.
    for part in std::path::absolute(&joined).unwrap_or(joined).components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// The path of a file, if it is in an allowed folder once links among its parents are followed.
fn allowed(path: &str, place: &Place<'_>) -> Result<PathBuf, String> {
    let resolved = resolve(path, place);
    let parent = resolved.parent().unwrap_or(Path::new("/"));
    let existing = parent.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"));
    let real = existing.canonicalize().unwrap_or_else(|_| existing.to_path_buf());
    // The file itself may be a link to a place elsewhere.
    let linked = resolved.is_symlink();
    if is_inside(&real, place) && !linked {
        Ok(resolved)
    } else {
        Err("it lies outside the folders that LOAD and SAVE may use".to_owned())
    }
}

/// Whether a path without links is in an allowed folder.
fn is_inside(real: &Path, place: &Place<'_>) -> bool {
    let current = std::env::current_dir().unwrap_or_default();
    let roots = if place.roots.is_empty() { &[place.folder.to_path_buf(), current] } else { place.roots };
    roots.iter().any(|root| real.starts_with(root.canonicalize().unwrap_or_else(|_| root.clone())))
}

/// The path of a log of `file://`, with all files that it stands for below the allowed folders, whatever links lead to them. The
/// error says what is wrong.
pub fn log(path: &str, place: &Place<'_>) -> Result<PathBuf, SourceError> {
    let outside = |what: &Path| {
        SourceError::new(&codes::run::FILE_OUTSIDE, format!("`file://{path}` lies outside the folders of the hunt"))
            .note(format!("it leads to {}", what.display()))
            .help(format!("name a source and bind it: FROM stixshifter://NAME, with `--source NAME={path}`"))
            .help("or list the folder as one of the roots under [run] in huntc.toml")
    };
    let resolved = resolve(path, place);
    // What is not there is told as that by whoever opens it; where it would be must not be told outside of the folders.
    let existing = resolved.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"));
    let real = existing.canonicalize().unwrap_or_else(|_| existing.to_path_buf());
    if !is_inside(&real, place) {
        return Err(outside(&resolved));
    }
    let Ok(listing) = logs::list(std::slice::from_ref(&resolved)) else { return Ok(resolved) };
    for file in listing.inputs.iter().filter_map(|input| input.path.as_ref()) {
        let real = file.canonicalize().unwrap_or_else(|_| file.clone());
        if !is_inside(&real, place) {
            return Err(outside(&real));
        }
        if let Ok(Some(why)) = regular_file::refused(&real) {
            return Err(outside(&real).note(why));
        }
    }
    Ok(resolved)
}

/// What a huntflow can be checked against: the type that a file's first record names, and its columns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileFacts {
    /// None where the file has no `type`.
    pub entity: Option<String>,
    /// All but `type`; none where they are not known.
    pub columns: Option<Vec<String>>,
}

/// Most bytes of a JSON file, decompressed, that is read for its columns before a hunt.
const MOST_LOOKED_AT: u64 = 64 << 20;

/// Looks into a file of LOAD before the hunt; the error is why LOAD cannot read it.
pub fn facts(path: &str, place: &Place<'_>) -> Result<FileFacts, String> {
    let real = allowed(path, place)?;
    let (format, packing) = shape(&real);
    let file = open_as(&real, &format, packing).map_err(|e| format!("it cannot be opened: {e}"))?;
    let known = match format.as_str() {
        "csv" => csv_facts(file)?,
        "json" => json_facts(file, &|| open(&real, packing)),
        tables::FORMAT => tables::facts(file, MOST_LOOKED_AT)?.map(parquet_facts),
        _ => None,
    };
    Ok(known.unwrap_or_default())
}

fn csv_facts(file: Box<dyn Read>) -> Result<Option<FileFacts>, String> {
    let Some((header, first)) = rows::csv_beginning(file) else { return Ok(None) };
    if let Some(twice) = rows::twice(&header) {
        return Err(format!("it is no CSV table with a header: {twice}"));
    }
    let at = header.iter().position(|name| name == "type");
    let entity = at.and_then(|at| Some(first?.get(at)?.to_owned())).filter(|entity| !entity.is_empty());
    Ok(Some(FileFacts { entity, columns: Some(header.into_iter().filter(|name| name != "type").collect()) }))
}

fn parquet_facts((names, first): (Vec<String>, Option<Value>)) -> FileFacts {
    let entity = first.map(|value| value.to_string()).filter(|entity| !entity.is_empty());
    FileFacts { entity, columns: Some(names.into_iter().filter(|name| name != "type").collect()) }
}

fn json_facts(file: Box<dyn Read>, again: Again<'_>) -> Option<FileFacts> {
    let rows::JsonBeginning { first, names } = rows::json_beginning(file, again, MOST_LOOKED_AT)?;
    let entity = first.get("type").and_then(Json::as_str).filter(|entity| !entity.is_empty()).map(str::to_owned);
    Some(FileFacts { entity, columns: names.map(|names| names.into_iter().filter(|name| name != "type").collect()) })
}

/// Reads a file of LOAD. `entity` is the type that the huntflow was checked with, if that is known; the file's `type`
/// column must then agree.
pub fn load<'a>(
    path: &str,
    place: &Place<'_>,
    entity: Option<EntityId>,
    catalog: &Catalog,
    allowance: &'a Allowance,
) -> Result<Loaded<'a>, SourceError> {
    let outside = "list further folders as roots under [run] in huntc.toml";
    let real = allowed(path, place).map_err(|e| load_error(path, e).help(outside))?;
    let (format, packing) = shape(&real);
    let reader = open_as(&real, &format, packing).map_err(|e| {
        load_error(path, "it cannot be opened")
            .note(e.to_string())
            .help("correct the path; it starts at the folder of the huntflow")
    })?;
    read(path, &format, reader, &|| open(&real, packing), (entity, catalog), allowance)
}

/// Opens a file for its rows.
fn open_as(path: &Path, format: &str, packing: Packing) -> std::io::Result<Box<dyn Read>> {
    if format == tables::FORMAT { tables::open_whole(path) } else { open(path, packing) }
}

/// What LOAD would read from the file that SAVE makes of these rows. A later LOAD of the same hunt uses this, so it
/// does not depend on when the file is written.
pub fn reload<'a>(
    path: &str,
    entity: EntityId,
    headers: &[&str],
    rows: &[Vec<Option<Value>>],
    catalog: &Catalog,
    allowance: &'a Allowance,
) -> Result<Loaded<'a>, SourceError> {
    let (format, packing) = shape(Path::new(path));
    let mut bytes = Vec::new();
    let saved = Saved { entity: &catalog.get(entity).name, headers, rows, raw_csv: false };
    let written =
        if format == tables::FORMAT { write_parquet(&saved, packing, &mut bytes) } else { write(&format, &saved, &mut bytes) };
    written.map_err(|e| save_error(path, "it cannot be written").note(e.to_string()))?;
    read(path, &format, bytes.as_slice(), &|| Ok(Box::new(std::io::empty())), (Some(entity), catalog), allowance)
}

fn read<'a>(
    path: &str,
    format: &str,
    file: impl Read,
    again: Again<'_>,
    (entity, catalog): (Option<EntityId>, &Catalog),
    allowance: &'a Allowance,
) -> Result<Loaded<'a>, SourceError> {
    let (cells, form) = match format {
        "csv" => (rows::csv(file, allowance), "CSV table with a header"),
        "json" => (rows::json(file, again, allowance), "JSON array of flat objects"),
        tables::FORMAT => (tables::read(file, allowance), "Parquet table"),
        other => {
            return Err(load_error(path, format_args!("the format {other:?} is not known"))
                .help("use .csv, .json or .parquet, with .gz or .zst behind"));
        }
    };
    let cells = cells.map_err(|fault| match fault {
        RowFault::Spent(spent) => spent.into(),
        RowFault::Broken(why) => load_error(path, "it cannot be read").note(why),
        RowFault::Form(why) => {
            let help = format!("give it the form of a {form}, each column with a name of its own");
            load_error(path, format_args!("it is no {form}")).note(why).help(help)
        }
    })?;
    typed(path, cells, entity, catalog)
}

/// Looks the columns up in the catalog and reads the values as their types.
fn typed<'a>(path: &str, cells: Cells<'a>, entity: Option<EntityId>, catalog: &Catalog) -> Result<Loaded<'a>, SourceError> {
    let Cells { header, rows: cells, mended, memory } = cells;
    let type_column = header.iter().position(|h| h == "type");
    let mut entity = entity;
    if let Some(at) = type_column {
        let mut names: Vec<String> = cells.iter().filter_map(|r| r.get(at).cloned().flatten()).map(|v| v.to_string()).collect();
        names.sort();
        names.dedup();
        match names.as_slice() {
            [] => {}
            [name] => {
                let own = catalog.entity(name).ok_or_else(|| load_error(path, format_args!("the type {name:?} is not known")))?;
                if let Some(said) = entity.filter(|said| *said != own) {
                    let said = &catalog.get(said).name;
                    return Err(load_error(path, format_args!("it holds {name}, not {said}"))
                        .help(format!("say so in the huntflow: LOAD … AS {name}")));
                }
                entity = Some(own);
            }
            _ => return Err(load_error(path, format_args!("it holds several types: {}", names.join(", ")))),
        }
    }
    let Some(entity) = entity else {
        return Err(load_error(path, "it has no `type` column").help("say the type in the huntflow: LOAD … AS process"));
    };
    let kind = catalog.get(entity);
    let kept: Vec<usize> = (0..header.len()).filter(|i| Some(*i) != type_column).collect();
    let columns: Vec<Column> = kept
        .iter()
        .filter_map(|i| header.get(*i))
        .map(|name| {
            let field = || catalog.record_field_of(entity, name).map(Attr::Record);
            let attr = kind.attribute(&canonical(name)).map(Attr::Catalog).or_else(field);
            let attr = attr.unwrap_or_else(|| Attr::Added(name.clone()));
            Column { header: name.clone(), attr }
        })
        .collect();
    let read = |value: Value, column: &Column| {
        let Some(ty) = column.attr.value_type(catalog, Some(entity)).filter(|_| column.attr.is_read()) else { return Some(value) };
        let many = match column.attr {
            Attr::Catalog(attr) => kind.attributes[usize::from(attr.0)].many,
            _ => true,
        };
        let typed = |value: &Value| typed_text(&value.to_string(), ty);
        match list(&value, many) {
            Some(items) => match items.iter().filter_map(typed).collect::<Vec<_>>().as_slice() {
                [] => None,
                [one] => Some(one.clone()),
                several => Some(Value::List(several.into())),
            },
            None => typed(&value),
        }
    };
    let row = |cells: Vec<Option<Value>>| {
        let values = kept.iter().map(|i| cells.get(*i).cloned().flatten());
        values.zip(&columns).map(|(v, c)| v.and_then(|v| read(v, c))).collect()
    };
    let rows = cells.into_iter().map(row).collect();
    Ok(Loaded { entity, columns, rows, mended, memory })
}

/// The items of a list. CSV has no lists, so SAVE writes several values of an attribute as JSON into the cell.
fn list(value: &Value, many: bool) -> Option<Vec<Value>> {
    match value {
        Value::List(items) => Some(items.to_vec()),
        Value::Text(text) if many && text.starts_with('[') => {
            let items: Vec<Json> = serde_json::from_str(text).ok()?;
            Some(items.iter().filter_map(analytics::value).collect())
        }
        _ => None,
    }
}

/// What a file of SAVE holds.
pub struct Saved<'a> {
    /// Name of the entity type.
    pub entity: &'a str,
    /// Names of the columns.
    pub headers: &'a [&'a str],
    /// Each row has one value for each column.
    pub rows: &'a [Vec<Option<Value>>],
    /// Whether CSV cells that a spreadsheet would run as formulas stay as they are.
    pub raw_csv: bool,
}

/// Writes a file of SAVE in one step: a new file beside it is written, and then takes its name.
pub fn save(path: &str, place: &Place<'_>, saved: &Saved<'_>) -> Result<(), SourceError> {
    let outside = "list further folders as roots under [run] in huntc.toml";
    let real = allowed(path, place).map_err(|e| save_error(path, e).help(outside))?;
    let (format, packing) = shape(&real);
    let failed = |e: std::io::Error| {
        let way_out = "make space there, or save to another folder; an earlier file is as it was";
        save_error(path, "it cannot be written").note(e.to_string()).help(way_out)
    };
    if earlier::is_foreign(&real, &format, packing).map_err(failed)? {
        return Err(save_error(path, "a file is there that is no table of SAVE").help("remove it, or save under another name"));
    }
    if let Some(parent) = real.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let written = own_files::replace(&real, |file| {
        let mut file = BufWriter::new(file);
        match packing {
            _ if format == tables::FORMAT => write_parquet(saved, packing, &mut file)?,
            Packing::Plain => write(&format, saved, &mut file)?,
            Packing::Gzip => {
                let mut out = flate2::write::GzEncoder::new(&mut file, flate2::Compression::default());
                write(&format, saved, &mut out)?;
                out.finish()?;
            }
            Packing::Zstd => {
                let mut out = zstd::Encoder::new(&mut file, 0)?;
                write(&format, saved, &mut out)?;
                out.finish()?;
            }
        }
        file.flush()
    });
    written.map_err(failed)
}

fn write_parquet(saved: &Saved<'_>, packing: Packing, out: impl Write + Send) -> std::io::Result<()> {
    let names: Vec<&str> = std::iter::once("type").chain(saved.headers.iter().copied()).collect();
    let entity = Some(Value::text(saved.entity));
    let rows: Vec<Vec<Option<Value>>> =
        saved.rows.iter().map(|row| [std::slice::from_ref(&entity), row.as_slice()].concat()).collect();
    tables::write(&names, &rows, packing, out)
}

fn write(format: &str, saved: &Saved<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let Saved { entity, headers, rows, raw_csv } = *saved;
    if format == "json" {
        let objects = rows.iter().map(|row| {
            let mut object = Map::new();
            object.insert("type".to_owned(), Json::String(entity.to_owned()));
            for (name, value) in headers.iter().zip(row) {
                object.insert((*name).to_owned(), serde_json::to_value(value).unwrap_or_default());
            }
            object
        });
        serde_json::to_writer_pretty(&mut *out, &objects.collect::<Vec<_>>())?;
        return out.write_all(b"\n");
    }
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["type"].iter().chain(headers).map(|name| csv_text(name, raw_csv).into_owned()))?;
    for row in rows {
        let cells = row.iter().map(|v| v.as_ref().map_or_else(String::new, |value| csv_cell(value, raw_csv)));
        writer.write_record(std::iter::once(entity.to_owned()).chain(cells))?;
    }
    writer.flush()
}

/// The cell of a value. Numbers and times are no formulas, so `-3` stays a number.
fn csv_cell(value: &Value, raw: bool) -> String {
    let text = value.to_string();
    if matches!(value, Value::Text(_) | Value::List(_)) { csv_text(&text, raw).into_owned() } else { text }
}

fn csv_text(text: &str, raw: bool) -> Cow<'_, str> {
    if raw { sanitize::csv_cell_raw(text) } else { sanitize::csv_cell(text) }
}
