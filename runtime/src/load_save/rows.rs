//! The rows of CSV and JSON files, taken one after the other; a few of them can have any number of names.

use crate::allowance::{Allowance, Lent, Spent};
use crate::analytics;
use crate::metered_file::{MOST_ROW, Meter, Metered, each_object};
use crate::report::sanitize;
use crate::table::tuple_bytes;
use foldhash::HashMap;
use huntc_compiler::value::Value;
use serde_json::{Map, Value as Json};
use std::io::Read;

/// Bytes that a row takes beside its cells until it is in a table, and a cell beside its text, roughly.
const ROW: usize = 512;
const CELL: usize = 4 * size_of::<Option<Value>>();

/// Why rows cannot be read.
pub(super) enum RowFault {
    Spent(Spent),
    /// The file breaks off, or its packing is broken; in the words of its reader.
    Broken(String),
    /// The file has another form; in the words of its reader.
    Form(String),
}

impl From<Spent> for RowFault {
    fn from(spent: Spent) -> Self {
        Self::Spent(spent)
    }
}

/// Rows with the names of their columns.
pub(super) struct Cells<'a> {
    pub(super) header: Vec<String>,
    /// Each row has one value for each name.
    pub(super) rows: Vec<Vec<Option<Value>>>,
    /// What they take.
    pub(super) memory: Lent<'a>,
}

/// What grows.
const WHAT: &str = "a file of LOAD";

/// A row is whole.
fn row(meter: &Meter<'_>, cells: usize, texts: usize) -> Result<(), Spent> {
    meter.row_ends();
    meter.grow(ROW + CELL * cells + texts)
}

/// The fault behind an error of a reader; `broken`: of reading the file, and not of its form.
fn fault(meter: &Meter<'_>, error: &dyn std::fmt::Display, broken: bool) -> RowFault {
    match meter.spent() {
        Some(spent) => RowFault::Spent(spent),
        None if broken => RowFault::Broken(error.to_string()),
        None => RowFault::Form(error.to_string()),
    }
}

/// All rows of a CSV file with a header.
pub(super) fn csv(file: impl Read, allowance: &Allowance) -> Result<Cells<'_>, RowFault> {
    let meter = Meter::new(allowance, WHAT);
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(Metered { file, meter: &meter });
    let header: Vec<String> = reader.headers().map_err(|e| fault(&meter, &e, e.is_io_error()))?.iter().map(as_it_was).collect();
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| fault(&meter, &e, e.is_io_error()))? {
        let cells: Vec<Option<Value>> =
            record.iter().map(|text| (!text.is_empty()).then(|| Value::text(as_it_was(text)))).collect();
        row(&meter, cells.len(), tuple_bytes(&cells))?;
        rows.push(cells);
    }
    drop(reader);
    Ok(Cells { header, rows, memory: meter.memory() })
}

/// What keeps spreadsheets from running a cell is no part of its value.
fn as_it_was(cell: &str) -> String {
    sanitize::csv_cell_as_it_was(cell).into_owned()
}

/// The header of a CSV file, and its first row.
pub(super) fn csv_beginning(file: impl Read) -> Option<(Vec<String>, Option<csv::StringRecord>)> {
    let (allowance, file) = (Allowance::default(), file.take(MOST_ROW));
    let meter = Meter::new(&allowance, WHAT);
    let mut reader = csv::Reader::from_reader(Metered { file, meter: &meter });
    let header = reader.headers().ok()?.iter().map(as_it_was).collect();
    Some((header, reader.records().next().and_then(Result::ok)))
}

/// The columns of JSON objects, in the order in which names come first.
#[derive(Default)]
struct Names {
    header: Vec<String>,
    places: HashMap<String, usize>,
}

impl Names {
    fn place(&mut self, name: String, meter: &Meter<'_>) -> Result<usize, Spent> {
        if let Some(place) = self.places.get(&name) {
            return Ok(*place);
        }
        meter.grow(2 * (name.len() + size_of::<(String, usize)>()))?;
        self.header.push(name.clone());
        self.places.insert(name, self.header.len() - 1);
        Ok(self.header.len() - 1)
    }
}

/// All rows of a JSON array of flat objects.
pub(super) fn json(file: impl Read, allowance: &Allowance) -> Result<Cells<'_>, RowFault> {
    let meter = Meter::new(allowance, WHAT);
    let mut names = Names::default();
    let mut sparse: Vec<Vec<(usize, Value)>> = Vec::new();
    each_object(file, &meter, &mut |object| {
        let mut cells = Vec::with_capacity(object.len());
        let mut texts = 0;
        for (name, json) in object {
            let place = names.place(name, &meter)?;
            let value = analytics::value(&json);
            texts += tuple_bytes(std::slice::from_ref(&value));
            cells.extend(value.map(|value| (place, value)));
        }
        row(&meter, cells.len(), texts)?;
        sparse.push(cells);
        Ok(())
    })
    .map_err(|e| fault(&meter, &e, e.is_io()))?;
    let width = names.header.len();
    // Rows that each have names of their own make a table of many cells, nearly all of them empty.
    meter.grow(CELL.saturating_mul(width).saturating_mul(sparse.len()))?;
    let dense = |row: Vec<(usize, Value)>| {
        let mut cells = vec![None; width];
        for (place, value) in row {
            if let Some(cell) = cells.get_mut(place) {
                *cell = Some(value);
            }
        }
        cells
    };
    Ok(Cells { header: names.header, rows: sparse.into_iter().map(dense).collect(), memory: meter.memory() })
}

/// The first object of a JSON array, and all names of its objects.
pub(super) struct JsonBeginning {
    pub(super) first: Map<String, Json>,
    /// `None`: the array is too long to be read to its end for this.
    pub(super) names: Option<Vec<String>>,
}

/// Looks at a JSON array, to its end if that comes within some bytes.
pub(super) fn json_beginning(file: impl Read, most: u64) -> Option<JsonBeginning> {
    let allowance = Allowance::new(std::sync::Arc::default(), None, Some(most));
    let meter = Meter::new(&allowance, WHAT);
    let mut names = Names::default();
    let mut first = None;
    let whole = each_object(file.take(most), &meter, &mut |object| {
        meter.row_ends();
        for name in object.keys() {
            names.place(name.clone(), &meter)?;
        }
        first.get_or_insert(object);
        Ok(())
    });
    Some(JsonBeginning { first: first?, names: whole.is_ok().then_some(names.header) })
}
