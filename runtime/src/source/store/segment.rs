//! Segments: rows sorted by time, with their ids and one column for each field.

use super::bits::Bits;
use super::column::{Field, StoredColumn};
use super::memory_budget::Residence;
use crate::source::SourceError;
use arrow_buffer::ScalarBuffer;
use huntc_compiler::time::{Instant, Window};
use std::ops::Range;
use std::sync::OnceLock;

/// Reads a column of a mapped segment, by its number.
type Load = Box<dyn Fn(usize) -> Result<StoredColumn, SourceError> + Send + Sync>;

/// Whether the file of a mapped segment is still as long as it was.
type Intact = Box<dyn Fn() -> Result<(), SourceError> + Send + Sync>;

/// Up to some 100,000 records.
pub(super) struct Segment {
    /// Nanoseconds, ascending.
    pub(super) times: ScalarBuffer<i64>,
    /// Ids of the rows.
    pub(super) ids: ScalarBuffer<u64>,
    /// The fields, sorted by name.
    fields: Vec<Field>,
    /// The column of each field, once it was asked for.
    columns: Vec<OnceLock<Result<StoredColumn, SourceError>>>,
    load: Option<Load>,
    intact: Option<Intact>,
    /// For a mapped segment: part 0 of its file are times and ids, the next ones the columns.
    residence: Option<Residence>,
    /// Rows that do not count, since a document of another store supersedes them.
    superseded: OnceLock<Bits>,
}

impl Segment {
    /// A segment whose columns are in memory, sorted by name.
    pub(super) fn in_memory(times: ScalarBuffer<i64>, ids: ScalarBuffer<u64>, columns: Vec<(Field, StoredColumn)>) -> Self {
        let (fields, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let columns = columns.into_iter().map(|c| OnceLock::from(Ok(c))).collect();
        Self { times, ids, fields, columns, load: None, intact: None, residence: None, superseded: OnceLock::new() }
    }

    /// A segment whose columns are loaded when they are asked for, by their place among `fields`, which are sorted by name.
    pub(super) fn loaded(
        times: ScalarBuffer<i64>,
        ids: ScalarBuffer<u64>,
        fields: Vec<Field>,
        load: Load,
        intact: Intact,
        residence: Residence,
    ) -> Self {
        let columns = fields.iter().map(|_| OnceLock::new()).collect();
        // Times and ids were read to test their checksum.
        residence.mark_used(0);
        residence.release_excess();
        let (load, intact, residence) = (Some(load), Some(intact), Some(residence));
        Self { times, ids, fields, columns, load, intact, residence, superseded: OnceLock::new() }
    }

    /// Says once which rows do not count.
    pub(super) fn leave_out(&self, rows: Bits) {
        let _said_before = self.superseded.set(rows);
    }

    /// The rows that do not count; `None` where all do.
    pub(super) fn superseded(&self) -> Option<&Bits> {
        self.superseded.get()
    }

    /// Ends a use of the segment: its memory may be given back.
    pub(super) fn release_excess(&self) {
        if let Some(residence) = &self.residence {
            residence.release_excess();
        }
    }

    /// Gives its memory back, and has the segments of its store keep at most so much of theirs from now on.
    pub(super) fn keep_less(&self, most: u64) {
        if let Some(residence) = &self.residence {
            residence.budget().tighten(most);
            residence.release();
        }
    }

    /// Gives its memory back, as nothing will ask for it soon.
    pub(super) fn release(&self) {
        if let Some(residence) = &self.residence {
            residence.release();
        }
    }

    /// Asked before and after a use of the segment: the error is that of a file that another program has cut.
    pub(super) fn intact(&self) -> Result<(), SourceError> {
        self.intact.as_ref().map_or(Ok(()), |intact| intact())
    }

    /// All columns, sorted by name.
    pub(super) fn all_columns(&self) -> Result<Vec<(&Field, &StoredColumn)>, SourceError> {
        self.intact()?;
        self.fields.iter().enumerate().map(|(index, field)| Ok((field, self.column_at(index)?))).collect()
    }

    /// Roughly how many bytes it takes when all of its columns are in memory.
    pub(super) fn bytes(&self) -> Result<u64, SourceError> {
        let columns: usize = self.all_columns()?.iter().map(|(field, column)| field.name.len() + column.bytes()).sum();
        Ok((16 * self.len() + columns) as u64)
    }

    /// How many records the segment has.
    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// The fields that have values, sorted by name.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Times of the first and the last record.
    pub(super) fn span(&self) -> Option<(Instant, Instant)> {
        Some((Instant(*self.times.first()?), Instant(*self.times.last()?)))
    }

    /// The time and the id of a row.
    pub(super) fn key(&self, row: u32) -> Option<(Instant, u64)> {
        if let Some(residence) = &self.residence {
            residence.mark_used(0);
        }
        Some((Instant(*self.times.get(row as usize)?), *self.ids.get(row as usize)?))
    }

    /// The rows whose time is in a window.
    pub(super) fn rows(&self, window: Window) -> Range<usize> {
        let Some(range) = window else { return 0..self.len() };
        let start = self.times.partition_point(|t| *t < range.start.0);
        let stop = self.times.partition_point(|t| *t < range.stop.0);
        start..stop.max(start)
    }

    /// The column of a field; `None` when no record has the field.
    pub(super) fn column(&self, name: &str) -> Result<Option<&StoredColumn>, SourceError> {
        match self.fields.binary_search_by(|f| (*f.name).cmp(name)) {
            Ok(index) => self.column_at(index).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The columns of the fields below an object (`process` → `process.name`, …).
    pub(super) fn columns_below<'a>(&'a self, object: &str) -> impl Iterator<Item = Result<&'a StoredColumn, SourceError>> {
        let prefix = format!("{object}.");
        let start = self.fields.partition_point(|f| *f.name < *prefix.as_str());
        let count = self.fields[start..].iter().take_while(|f| f.name.starts_with(&prefix)).count();
        (start..start + count).map(|index| self.column_at(index))
    }

    fn column_at(&self, index: usize) -> Result<&StoredColumn, SourceError> {
        if let Some(residence) = &self.residence {
            residence.mark_used(index + 1);
        }
        let missing = || SourceError::new(&huntc_compiler::diag::codes::internal::BUG, "a segment lacks a column");
        let loaded = self.columns[index].get_or_init(|| match &self.load {
            Some(load) => self.intact().and_then(|()| load(index)),
            None => Err(missing()),
        });
        loaded.as_ref().map_err(Clone::clone)
    }
}

/// Sorts rows by time, then id. Also says where each row was moved; `None` when all stay.
pub(super) fn sort_rows(times: Vec<i64>, ids: Vec<u64>) -> (Vec<i64>, Vec<u64>, Option<Vec<u32>>) {
    let key = |row: u32| (times[row as usize], ids[row as usize]);
    if times.windows(2).zip(ids.windows(2)).all(|(t, i)| (t[0], i[0]) <= (t[1], i[1])) {
        return (times, ids, None);
    }
    let mut order: Vec<u32> = (0..times.len() as u32).collect();
    order.sort_unstable_by_key(|row| key(*row));
    let mut place = vec![0; order.len()];
    for (to, from) in order.iter().enumerate() {
        place[*from as usize] = to as u32;
    }
    let sorted_times = order.iter().map(|row| times[*row as usize]).collect();
    let sorted_ids = order.iter().map(|row| ids[*row as usize]).collect();
    (sorted_times, sorted_ids, Some(place))
}
