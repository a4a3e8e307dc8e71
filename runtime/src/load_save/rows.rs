//! The rows of CSV and JSON files, taken one after the other; a few of them can have any number of names.

use crate::allowance::{Allowance, Lent, Spent};
use crate::analytics;
use crate::metered_file::{MOST_ROW, Meter, Metered, TakeObject, each_object, each_object_in};
use crate::report::sanitize;
use crate::source::repair::{self, Flaw, Repaired};
use crate::table::tuple_bytes;
use foldhash::{HashMap, HashSet};
use huntc_compiler::value::Value;
use serde_json::value::RawValue;
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
    /// The first flaw of each row of which a value was mended, with the number of the row, from 1.
    pub(super) mended: Vec<(u64, Flaw)>,
    /// What they take.
    pub(super) memory: Lent<'a>,
}

/// What grows.
pub(super) const WHAT: &str = "a file of LOAD";

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
    let header = reader.byte_headers().map_err(|e| fault(&meter, &e, e.is_io_error()))?;
    // Names that are no text are those of another kind of file: UTF-16, or one that is packed.
    if header.iter().any(|name| std::str::from_utf8(name).is_err()) {
        return Err(RowFault::Form("the names of the columns are not UTF-8 text".to_owned()));
    }
    let header: Vec<String> = header.iter().map(as_it_was).collect();
    if let Some(name) = twice(&header) {
        return Err(RowFault::Form(name));
    }
    let (mut rows, mut mended) = (Vec::new(), Vec::new());
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|e| fault(&meter, &e, e.is_io_error()))? {
        let cells: Vec<Option<Value>> =
            record.iter().map(|text| (!text.is_empty()).then(|| Value::text(as_it_was(text)))).collect();
        row(&meter, cells.len(), tuple_bytes(&cells))?;
        rows.push(cells);
        if record.iter().any(|text| std::str::from_utf8(text).is_err()) {
            mended.push((rows.len() as u64, Flaw::NoCharacter));
        }
    }
    drop(reader);
    Ok(Cells { header, rows, mended, memory: meter.memory() })
}

/// The text of a cell. What keeps spreadsheets from running it is no part of its value.
fn as_it_was(cell: &[u8]) -> String {
    sanitize::csv_cell_as_it_was(&String::from_utf8_lossy(cell)).into_owned()
}

/// Says which name two columns have: nobody could tell which of them a hunt means.
pub(super) fn twice(header: &[String]) -> Option<String> {
    let mut known = HashSet::default();
    let name = header.iter().find(|name| !known.insert(*name))?;
    Some(format!("two of its columns are called {name:?}"))
}

/// The header of a CSV file, and its first row.
pub(super) fn csv_beginning(file: impl Read) -> Option<(Vec<String>, Option<Vec<String>>)> {
    let (allowance, file) = (Allowance::default(), file.take(MOST_ROW));
    let meter = Meter::new(&allowance, WHAT);
    let mut reader = csv::Reader::from_reader(Metered { file, meter: &meter });
    let header = reader.byte_headers().ok()?.iter().map(as_it_was).collect();
    let first = reader.byte_records().next().and_then(Result::ok);
    Some((header, first.map(|record| record.iter().map(as_it_was).collect())))
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

/// All rows of a JSON array of flat objects. A file that is no JSON because of single values is opened `again` and mended.
pub(super) fn json<'a>(file: impl Read, again: Again<'_>, allowance: &'a Allowance) -> Result<Cells<'a>, RowFault> {
    let first = dense_rows(Meter::new(allowance, WHAT), |meter, take| each_of_file(file, meter, take));
    let why = match first {
        Err(RowFault::Form(why)) => why,
        first => return first,
    };
    let meter = Meter::new(allowance, WHAT);
    let Some(repaired) = mended(again, u64::MAX, &meter)? else { return Err(RowFault::Form(why)) };
    let mut cells = dense_rows(meter, |meter, take| each_mended(&repaired, meter, take))?;
    let rows: Vec<&RawValue> = serde_json::from_str(&repaired.json).unwrap_or_default();
    let flaw = |(row, number): (&&RawValue, u64)| Some((number, repaired.flaw_in(row.get())?));
    cells.mended = rows.iter().zip(1..).filter_map(flaw).collect();
    Ok(cells)
}

/// Opens a file once more.
pub(super) type Again<'f> = &'f dyn Fn() -> std::io::Result<Box<dyn Read>>;

/// A file as it is when its values are mended, if that makes a difference. It is in memory as a whole meanwhile.
fn mended(again: Again<'_>, most: u64, meter: &Meter<'_>) -> Result<Option<Repaired>, RowFault> {
    let broken = |e: std::io::Error| RowFault::Broken(e.to_string());
    let mut file = again().map_err(broken)?.take(most);
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; CHUNK]);
    loop {
        let read = file.read(&mut chunk).map_err(broken)?;
        if read == 0 {
            break;
        }
        meter.grow(2 * read)?;
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
    Ok(repair::json(&bytes).filter(|repaired| !repaired.flaws.is_empty()))
}

/// Bytes of a file that are read at once.
const CHUNK: usize = 64 << 10;

/// The rows of the objects that `each` hands over.
fn dense_rows<'a>(
    meter: Meter<'a>,
    each: impl FnOnce(&Meter<'a>, TakeObject<'_>) -> Result<(), RowFault>,
) -> Result<Cells<'a>, RowFault> {
    let mut names = Names::default();
    let mut sparse: Vec<Vec<(usize, Value)>> = Vec::new();
    each(&meter, &mut |object| {
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
    })?;
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
    Ok(Cells { header: names.header, rows: sparse.into_iter().map(dense).collect(), mended: Vec::new(), memory: meter.memory() })
}

/// The first object of a JSON array, and all names of its objects.
pub(super) struct JsonBeginning {
    pub(super) first: Map<String, Json>,
    /// `None`: the array is too long to be read to its end for this.
    pub(super) names: Option<Vec<String>>,
}

/// Looks at a JSON array, to its end if that comes within some bytes.
pub(super) fn json_beginning(file: impl Read, again: Again<'_>, most: u64) -> Option<JsonBeginning> {
    let allowance = Allowance::new(std::sync::Arc::default(), None, Some(most));
    let meter = Meter::new(&allowance, WHAT);
    let look = |each: &mut dyn FnMut(TakeObject<'_>) -> Result<(), RowFault>| {
        let mut names = Names::default();
        let mut first = None;
        let whole = each(&mut |object| {
            meter.row_ends();
            for name in object.keys() {
                names.place(name.clone(), &meter)?;
            }
            first.get_or_insert(object);
            Ok(())
        });
        (first, names, whole)
    };
    let mut file = Some(file.take(most));
    let (mut first, mut names, mut whole) = look(&mut |take| file.take().map_or(Ok(()), |file| each_of_file(file, &meter, take)));
    if let Err(RowFault::Form(_)) = whole
        && let Ok(Some(repaired)) = mended(again, most, &meter)
    {
        (first, names, whole) = look(&mut |take| each_mended(&repaired, &meter, take));
    }
    Some(JsonBeginning { first: first?, names: whole.is_ok().then_some(names.header) })
}

/// As [`each_object`], with the fault of the file.
fn each_of_file(file: impl Read, meter: &Meter<'_>, take: TakeObject<'_>) -> Result<(), RowFault> {
    each_object(file, meter, take).map_err(|e| fault(meter, &e, e.is_io()))
}

/// As [`each_of_file`], of a file that was mended.
fn each_mended(repaired: &Repaired, meter: &Meter<'_>, take: TakeObject<'_>) -> Result<(), RowFault> {
    each_object_in(&repaired.json, take).map_err(|e| fault(meter, &e, false))
}
