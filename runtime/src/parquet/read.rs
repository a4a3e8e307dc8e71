//! Reads Parquet files, column by column, into rows.

use super::column::{Batch, Meaning, batch};
use super::content::{ParquetFault, ParquetTable};
use super::footer;
use super::pages::Pages;
use crate::damage;
use crate::metered_file::Meter;
use crate::source::repair::Flaw;
use crate::table::tuple_bytes;
use bytes::Bytes;
use huntc_compiler::value::Value;
use parquet::basic::{ConvertedType, LogicalType};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::schema::types::Type;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Records of a column that are read at once.
const RECORDS: usize = 1_024;
/// Bytes that a row takes beside its cells until it is in a table, and a cell beside its text, roughly.
const ROW: usize = 512;
const CELL: usize = 4 * size_of::<Option<Value>>();

/// Reads a whole file.
pub(crate) fn read(bytes: &Bytes, meter: &Meter<'_>) -> Result<ParquetTable, ParquetFault> {
    let footer = footer::read(bytes, meter)?;
    let names = names(footer.file_metadata().schema());
    let mut table = ParquetTable { header: names.iter().flatten().cloned().collect(), ..ParquetTable::default() };
    for group in footer.row_groups() {
        let start = table.rows.len();
        let mut first = true;
        for (name, chunk) in names.iter().zip(group.columns()) {
            if name.is_none() {
                continue;
            }
            let mut cells = Column { table: &mut table, start, at: 0, first, meter };
            each_batch(bytes, chunk, meter, &mut |meaning, batch| cells.take(meaning, &batch))?;
            let (read, rows) = (cells.at, table.rows.len() - start);
            if read != rows {
                return Err(ParquetFault::Damaged(format!("one column has {rows} rows, another {read}")));
            }
            first = false;
        }
        if !first && i64::try_from(table.rows.len() - start) != Ok(group.num_rows()) {
            return Err(ParquetFault::Damaged("it has another number of rows than it says".to_owned()));
        }
    }
    table.mended.sort_by_key(|(row, _)| *row);
    table.mended.dedup_by_key(|(row, _)| *row);
    Ok(table)
}

/// The names of the columns, and the first value of one of them.
pub(crate) fn beginning(bytes: &Bytes, column: &str, meter: &Meter<'_>) -> Result<(Vec<String>, Option<Value>), ParquetFault> {
    let footer: ParquetMetaData = footer::read(bytes, meter)?;
    let names = names(footer.file_metadata().schema());
    let at = names.iter().position(|name| name.as_deref() == Some(column));
    let mut first = None;
    for group in footer.row_groups() {
        let Some(chunk) = at.and_then(|at| group.columns().get(at)).filter(|_| first.is_none()) else { break };
        each_batch(bytes, chunk, meter, &mut |meaning, batch| {
            first = meaning.value(&batch.values, 0).0.filter(|_| batch.is_defined(0));
            Ok(false)
        })?;
    }
    Ok((names.into_iter().flatten().collect(), first))
}

/// Reads the records of a column batch by batch, until `take` says that it is enough.
fn each_batch(
    file: &Bytes,
    chunk: &ColumnChunkMetaData,
    meter: &Meter<'_>,
    take: &mut dyn FnMut(&Meaning, Batch) -> Result<bool, ParquetFault>,
) -> Result<(), ParquetFault> {
    let damaged =
        |why: &dyn std::fmt::Display| ParquetFault::Damaged(format!("the column {:?}: {why}", chunk.column_path().string()));
    let start = match chunk.dictionary_page_offset() {
        Some(dictionary) if dictionary > 0 => dictionary.min(chunk.data_page_offset()),
        _ => chunk.data_page_offset(),
    };
    let place = usize::try_from(start).ok().zip(usize::try_from(chunk.compressed_size()).ok());
    let place = place.and_then(|(start, length)| Some(start..start.checked_add(length)?)).filter(|place| place.end <= file.len());
    let place = place.ok_or_else(|| damaged(&"it lies behind the end of the file"))?;
    let too_much = Arc::new(AtomicUsize::new(0));
    let column = chunk.column_descr();
    let pages = Pages {
        bytes: file.slice(place),
        compression: chunk.compression(),
        levels: [column.max_rep_level(), column.max_def_level()],
        physical: column.physical_type(),
        length: usize::try_from(column.type_length()).unwrap_or(0),
        left: chunk.num_values(),
        dictionary: 0,
        most: meter.left(),
        too_much: Arc::clone(&too_much),
    };
    let meaning = Meaning::of(chunk.column_descr());
    let mut reader: ColumnReader = get_column_reader(chunk.column_descr_ptr(), Box::new(pages));
    loop {
        let read = damage::guarded(|| batch(&mut reader, chunk.column_descr(), RECORDS));
        // The library says only in words that there is no memory left.
        meter.grow(too_much.swap(0, Ordering::Relaxed))?;
        let read = read.map_err(|why| damaged(&why))?.map_err(|why| damaged(&why))?;
        let Some(batch) = read else { return Ok(()) };
        if !take(&meaning, batch)? {
            return Ok(());
        }
    }
}

/// The rows of a row group, while a column is added to them.
struct Column<'t, 'm, 'a> {
    table: &'t mut ParquetTable,
    /// The first row of the row group, and how many of them have this column.
    start: usize,
    at: usize,
    /// Whether it is the first column, which makes the rows.
    first: bool,
    meter: &'m Meter<'a>,
}

impl Column<'_, '_, '_> {
    /// Adds the values of some records. A record of a list has several, or none.
    fn take(&mut self, meaning: &Meaning, batch: &Batch) -> Result<bool, ParquetFault> {
        let mut value = 0;
        let mut level = 0;
        while level < batch.levels {
            let mut items = Vec::new();
            let mut flaw = None;
            loop {
                if batch.is_defined(level) {
                    let (item, of_item) = meaning.value(&batch.values, value);
                    self.meter.grow(tuple_bytes(std::slice::from_ref(&item)))?;
                    (flaw, value) = (flaw.or(of_item), value + 1);
                    items.extend(item);
                }
                level += 1;
                if !batch.is_repeated(level) {
                    break;
                }
            }
            let cell = match items.pop() {
                Some(last) if batch.has_lists() => {
                    items.push(last);
                    Some(Value::List(items.into()))
                }
                single => single,
            };
            self.add(cell, flaw)?;
        }
        Ok(true)
    }

    fn add(&mut self, cell: Option<Value>, flaw: Option<Flaw>) -> Result<(), ParquetFault> {
        let place = self.start + self.at;
        self.meter.row_ends();
        self.meter.grow(if self.first { ROW + CELL } else { CELL })?;
        match self.table.rows.get_mut(place) {
            Some(row) => row.push(cell),
            None if self.first => self.table.rows.push(vec![cell]),
            None => return Err(ParquetFault::Damaged("its columns have different numbers of rows".to_owned())),
        }
        self.table.mended.extend(flaw.map(|flaw| (place as u64 + 1, flaw)));
        self.at += 1;
        Ok(())
    }
}

/// The name of each column; none for what is no column of the table: an index that pandas wrote without being asked.
fn names(schema: &Type) -> Vec<Option<String>> {
    let mut names = Vec::new();
    for field in schema.get_fields() {
        name_below(field, field.name().to_owned(), &mut names);
    }
    names
}

fn name_below(field: &Type, name: String, names: &mut Vec<Option<String>>) {
    if field.is_primitive() {
        names.push((!is_index(&name)).then_some(name));
        return;
    }
    for inner in field.get_fields() {
        match (is_list(field), inner.is_primitive()) {
            (false, _) => name_below(inner, format!("{name}.{}", inner.name()), names),
            (true, true) => name_below(inner, name.clone(), names),
            // A list has a group within, and that has the items: two names that nobody wrote.
            (true, false) => match inner.get_fields() {
                [item] => name_below(item, name.clone(), names),
                _ => name_below(inner, name.clone(), names),
            },
        }
    }
}

/// Whether a field is a list or a map.
fn is_list(field: &Type) -> bool {
    let info = field.get_basic_info();
    matches!(info.converted_type(), ConvertedType::LIST | ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE)
        || matches!(info.logical_type_ref(), Some(LogicalType::List | LogicalType::Map))
}

fn is_index(name: &str) -> bool {
    name.strip_prefix("__index_level_").and_then(|rest| rest.strip_suffix("__")).is_some_and(|n| n.parse::<u32>().is_ok())
}
