//! Files of LOAD and SAVE: CSV and JSON, plain or packed with gzip or zstd according to their names. Only files in
//! allowed folders are used.

use crate::analytics;
use crate::matching::typed_text;
use crate::own_files;
use crate::report::sanitize;
use crate::source::SourceError;
use huntc_compiler::catalog::{Catalog, EntityId, canonical};
use huntc_compiler::diag::codes;
use huntc_compiler::plan::{Attr, Column};
use huntc_compiler::value::Value;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

/// The folders in which LOAD and SAVE may use files.
pub struct Place<'a> {
    /// Relative paths start here.
    pub folder: &'a Path,
    /// The allowed folders. When empty: `folder`, the current folder, and the one for temporary files.
    pub roots: &'a [PathBuf],
}

/// The content of a file of LOAD.
pub struct Loaded {
    /// The entity type of its rows.
    pub entity: EntityId,
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// Each row has one value for each column.
    pub rows: Vec<Vec<Option<Value>>>,
}

/// The most bytes of a file that LOAD reads, after decompression.
const MOST: u64 = 1 << 30;

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
    let current = std::env::current_dir().unwrap_or_default();
    let mut roots: Vec<PathBuf> = place.roots.to_vec();
    if roots.is_empty() {
        roots = vec![place.folder.to_path_buf(), current, std::env::temp_dir()];
    }
    let inside = roots.iter().any(|r| real.starts_with(r.canonicalize().unwrap_or_else(|_| r.clone())));
    // The file itself may be a link to a place elsewhere.
    let linked = resolved.is_symlink();
    if inside && !linked { Ok(resolved) } else { Err("it lies outside the folders that LOAD and SAVE may use".to_owned()) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// The format (`csv`, `json`, …) and the packing according to the file's name.
fn shape(path: &Path) -> (String, Packing) {
    let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let (name, packing) = match (name.strip_suffix(".gz"), name.strip_suffix(".zst")) {
        (Some(inner), _) => (inner.to_owned(), Packing::Gzip),
        (_, Some(inner)) => (inner.to_owned(), Packing::Zstd),
        _ => (name, Packing::Plain),
    };
    (name.rsplit('.').next().unwrap_or_default().to_owned(), packing)
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
    let file = open(&real, packing).map_err(|e| format!("it cannot be opened: {e}"))?;
    let known = match format.as_str() {
        "csv" => csv_facts(file),
        "json" => json_facts(file),
        _ => None,
    };
    Ok(known.unwrap_or_default())
}

fn csv_facts(file: Box<dyn Read>) -> Option<FileFacts> {
    let mut rows = csv::Reader::from_reader(file.take(MOST));
    let header: Vec<String> = rows.headers().ok()?.iter().map(|name| sanitize::csv_cell_as_it_was(name).into_owned()).collect();
    let at = header.iter().position(|name| name == "type");
    let first = rows.records().next().and_then(Result::ok);
    let entity = at.and_then(|at| Some(first?.get(at)?.to_owned())).filter(|entity| !entity.is_empty());
    Some(FileFacts { entity, columns: Some(header.into_iter().filter(|name| name != "type").collect()) })
}

fn json_facts(file: Box<dyn Read>) -> Option<FileFacts> {
    let mut bytes = Vec::new();
    file.take(MOST_LOOKED_AT).read_to_end(&mut bytes).ok()?;
    let array = bytes.iter().position(|b| *b == b'[')? + 1;
    let first = serde_json::Deserializer::from_slice(bytes.get(array..)?).into_iter::<Map<String, Json>>().next()?.ok()?;
    let entity = first.get("type").and_then(Json::as_str).filter(|entity| !entity.is_empty()).map(str::to_owned);
    let columns = json_rows(&bytes).ok().map(|(header, _)| header.into_iter().filter(|name| name != "type").collect());
    Some(FileFacts { entity, columns })
}

fn open(path: &Path, packing: Packing) -> std::io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    Ok(match packing {
        Packing::Plain => Box::new(file),
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Packing::Zstd => Box::new(zstd::Decoder::new(file)?),
    })
}

/// Reads a file of LOAD. `entity` is the type that the huntflow was checked with, if that is known; the file's `type`
/// column must then agree.
pub fn load(path: &str, place: &Place<'_>, entity: Option<EntityId>, catalog: &Catalog) -> Result<Loaded, SourceError> {
    let outside = "list further folders as roots under [run] in huntc.toml";
    let real = allowed(path, place).map_err(|e| load_error(path, e).help(outside))?;
    let mut bytes = Vec::new();
    let (format, packing) = shape(&real);
    let reader = open(&real, packing).map_err(|e| {
        load_error(path, "it cannot be opened")
            .note(e.to_string())
            .help("correct the path; it starts at the folder of the huntflow")
    })?;
    reader.take(MOST + 1).read_to_end(&mut bytes).map_err(|e| load_error(path, "it cannot be read").note(e.to_string()))?;
    if bytes.len() as u64 > MOST {
        return Err(load_error(path, "it holds more than 1 GiB"));
    }
    read(path, &format, &bytes, entity, catalog)
}

/// What LOAD would read from the file that SAVE makes of these rows. A later LOAD of the same hunt uses this, so it
/// does not depend on when the file is written.
pub fn reload(
    path: &str,
    entity: EntityId,
    headers: &[&str],
    rows: &[Vec<Option<Value>>],
    catalog: &Catalog,
) -> Result<Loaded, SourceError> {
    let (format, _) = shape(Path::new(path));
    let mut bytes = Vec::new();
    write(&format, &Saved { entity: &catalog.get(entity).name, headers, rows, raw_csv: false }, &mut bytes)
        .map_err(|e| save_error(path, "it cannot be written").note(e.to_string()))?;
    read(path, &format, &bytes, Some(entity), catalog)
}

fn read(path: &str, format: &str, bytes: &[u8], entity: Option<EntityId>, catalog: &Catalog) -> Result<Loaded, SourceError> {
    let (header, cells) = match format {
        "csv" => csv_rows(bytes).map_err(|e| load_error(path, "it is no CSV table with a header").note(e.to_string()))?,
        "json" => json_rows(bytes).map_err(|e| load_error(path, "it is no JSON array of flat objects").note(e.to_string()))?,
        other => {
            return Err(load_error(path, format_args!("the format {other:?} is not known"))
                .help("use .csv or .json, with .gz or .zst behind"));
        }
    };
    typed(path, &header, cells, entity, catalog)
}

type Cells = (Vec<String>, Vec<Vec<Option<Value>>>);

fn csv_rows(bytes: &[u8]) -> Result<Cells, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(bytes);
    let header = reader.headers()?.iter().map(|name| sanitize::csv_cell_as_it_was(name).into_owned()).collect();
    // What keeps spreadsheets from running a cell is no part of its value.
    let cell = |text: &str| (!text.is_empty()).then(|| Value::text(sanitize::csv_cell_as_it_was(text)));
    let rows = reader.records().map(|r| r.map(|r| r.iter().map(cell).collect())).collect::<Result<_, _>>()?;
    Ok((header, rows))
}

fn json_rows(bytes: &[u8]) -> Result<Cells, serde_json::Error> {
    let objects: Vec<Map<String, Json>> = serde_json::from_slice(bytes)?;
    let mut header: Vec<String> = Vec::new();
    for name in objects.iter().flat_map(Map::keys) {
        if !header.contains(name) {
            header.push(name.clone());
        }
    }
    let rows = objects.iter().map(|o| header.iter().map(|h| o.get(h).and_then(analytics::value)).collect()).collect();
    Ok((header, rows))
}

/// Looks the columns up in the catalog and reads the values as their types.
fn typed(
    path: &str,
    header: &[String],
    cells: Vec<Vec<Option<Value>>>,
    entity: Option<EntityId>,
    catalog: &Catalog,
) -> Result<Loaded, SourceError> {
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
            let field = || catalog.record_field_of(entity, name).cloned().map(Attr::Record);
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
    Ok(Loaded { entity, columns, rows })
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
    if let Some(parent) = real.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let written = own_files::replace(&real, |file| {
        let mut file = BufWriter::new(file);
        match packing {
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
