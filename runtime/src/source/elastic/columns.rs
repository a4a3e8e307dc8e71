//! Columns under construction: the values of documents are interned as they arrive.

use crate::source::repair::Flaw;
use crate::source::{Column, Mended, RECORD_IDS, Records, Scalar};
use foldhash::HashMap;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use huntc_compiler::time::Instant;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

/// A column under construction.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    column: Column,
    repeats: Repeats,
    /// The distinct texts: a hash of each, and its code.
    texts: HashTable<(u32, u32)>,
    hasher: RandomState,
    /// The code of the text that came last.
    last: u32,
    whole: HashMap<i64, u32>,
    other: HashMap<u64, u32>,
    /// Bytes of the distinct texts.
    text_bytes: usize,
    bools: [Option<u32>; 2],
}

/// How often a value comes in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Repeats {
    /// Equal values have one code.
    Often,
    /// So rarely that it is not worth to look for it.
    Rarely,
    /// The values of a record are wanted until it ends only, so that none is kept.
    Unkept,
}

impl ColumnBuilder {
    fn new() -> Self {
        Self {
            column: Column { starts: vec![0], ..Column::default() },
            repeats: Repeats::Often,
            texts: HashTable::new(),
            hasher: RandomState::default(),
            last: 0,
            whole: HashMap::default(),
            other: HashMap::default(),
            text_bytes: 0,
            bools: [None; 2],
        }
    }

    fn add(&mut self, value: Scalar) -> u32 {
        let code = self.column.dictionary.len() as u32;
        self.column.dictionary.push(value);
        code
    }

    fn text_code(&mut self, text: &str) -> u32 {
        if self.repeats != Repeats::Often {
            self.text_bytes += text.len();
            return self.add(Scalar::Text(text.into()));
        }
        // Neighbours often say the same.
        if self.is_text(self.last, text) {
            return self.last;
        }
        let hash = self.hasher.hash_one(text) as u32;
        let known = self.texts.find(spread(hash), |(other, code)| *other == hash && self.is_text(*code, text));
        if let Some((_, code)) = known {
            self.last = *code;
            return *code;
        }
        self.text_bytes += text.len();
        let code = self.add(Scalar::Text(text.into()));
        self.texts.insert_unique(spread(hash), (hash, code), |(hash, _)| spread(*hash));
        self.last = code;
        code
    }

    /// Whether a code is that of a text.
    fn is_text(&self, code: u32, text: &str) -> bool {
        matches!(self.column.dictionary.get(code as usize), Some(Scalar::Text(known)) if **known == *text)
    }

    fn int_code(&mut self, value: i64) -> u32 {
        if self.repeats == Repeats::Unkept {
            return self.add(Scalar::Int(value));
        }
        if let Some(code) = self.whole.get(&value) {
            return *code;
        }
        let code = self.add(Scalar::Int(value));
        self.whole.insert(value, code);
        code
    }

    fn float_code(&mut self, value: f64) -> u32 {
        if self.repeats == Repeats::Unkept {
            return self.add(Scalar::Float(value));
        }
        if let Some(code) = self.other.get(&value.to_bits()) {
            return *code;
        }
        let code = self.add(Scalar::Float(value));
        self.other.insert(value.to_bits(), code);
        code
    }

    fn bool_code(&mut self, value: bool) -> u32 {
        if self.repeats == Repeats::Unkept {
            return self.add(Scalar::Bool(value));
        }
        if let Some(code) = self.bools[usize::from(value)] {
            return code;
        }
        let code = self.add(Scalar::Bool(value));
        self.bools[usize::from(value)] = Some(code);
        code
    }

    /// Roughly how many bytes it takes.
    fn bytes(&self) -> usize {
        let numbers = size_of::<(i64, u32)>() * (self.whole.capacity() + self.other.capacity());
        let dictionary = 2 * size_of::<Scalar>() * self.column.dictionary.len();
        let codes = 4 * (self.column.codes.len() + self.column.starts.len());
        self.text_bytes + self.texts.allocation_size() + numbers + dictionary + codes
    }

    pub(super) fn push_text(&mut self, text: &str) {
        let code = self.text_code(text);
        self.column.codes.push(code);
    }

    pub(super) fn push_int(&mut self, value: i64) {
        let code = self.int_code(value);
        self.column.codes.push(code);
    }

    pub(super) fn push_float(&mut self, value: f64) {
        let code = self.float_code(value);
        self.column.codes.push(code);
    }

    pub(super) fn push_bool(&mut self, value: bool) {
        let code = self.bool_code(value);
        self.column.codes.push(code);
    }

    /// The codes here of the values of another column, by their codes there.
    pub(super) fn translated(&mut self, other: &Column) -> Vec<u32> {
        let translate = |value: &Scalar| match value {
            Scalar::Text(text) => self.text_code(text),
            Scalar::Int(value) => self.int_code(*value),
            Scalar::Float(value) => self.float_code(*value),
            Scalar::Bool(value) => self.bool_code(*value),
        };
        other.dictionary.iter().map(translate).collect()
    }

    /// Adds a value by its code.
    pub(super) fn push_code(&mut self, code: u32) {
        self.column.codes.push(code);
    }

    /// Appends another column. Each of its distinct values is looked up once, and its codes are translated.
    fn append(&mut self, other: &Column) {
        let codes = self.translated(other);
        let base = self.column.codes.len() as u32;
        self.column.codes.extend(other.codes.iter().filter_map(|c| codes.get(*c as usize)));
        self.column.starts.extend(other.starts.iter().skip(1).map(|s| base + s));
    }

    /// The values of the record that is being read.
    pub(super) fn current(&self) -> impl Iterator<Item = &Scalar> {
        let start = self.column.starts.last().map_or(0, |s| *s as usize);
        self.column.codes.iter().skip(start).filter_map(|c| self.column.dictionary.get(*c as usize))
    }

    /// The code of the first value of the record that is being read.
    pub(super) fn current_code(&self) -> Option<u32> {
        let start = self.column.starts.last().map_or(0, |s| *s as usize);
        self.column.codes.get(start).copied()
    }

    /// Drops the values of the record that is being read.
    fn forget(&mut self) {
        let start = self.column.starts.last().map_or(0, |s| *s as usize);
        self.column.codes.truncate(start);
        self.empty_unkept();
    }

    /// Forgets all records but the first ones. Values that only others had stay in the dictionary.
    fn truncate(&mut self, records: usize) {
        self.column.starts.truncate(records + 1);
        self.forget();
    }

    fn end_record(&mut self) {
        if self.repeats == Repeats::Unkept {
            self.column.codes.clear();
            self.empty_unkept();
        }
        self.column.starts.push(self.column.codes.len() as u32);
    }

    fn empty_unkept(&mut self) {
        if self.repeats == Repeats::Unkept {
            self.column.dictionary.clear();
            self.text_bytes = 0;
        }
    }
}

/// How much a builder had at some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct BuilderMark {
    records: usize,
    mended: (usize, usize),
}

/// Records under construction. Columns have numbers; they get their names at the end.
#[derive(Debug)]
pub(super) struct RecordsBuilder {
    pub(super) columns: Vec<ColumnBuilder>,
    ids: Vec<u64>,
    times: Vec<Option<Instant>>,
    observations: Option<Vec<Arc<str>>>,
    mended: Mended,
}

impl RecordsBuilder {
    /// A builder with this many columns. `observations`: whether to keep `index/_id` of each record.
    pub(super) fn new(columns: usize, observations: bool) -> Self {
        Self {
            columns: (0..columns).map(|_| ColumnBuilder::new()).collect(),
            ids: Vec::new(),
            times: Vec::new(),
            observations: observations.then(Vec::new),
            mended: Mended::default(),
        }
    }

    /// The same, where hardly a value of this column comes twice. `kept`: whether it is wanted beyond the end of a record.
    pub(super) fn with_unlike(mut self, column: usize, kept: bool) -> Self {
        if let Some(column) = self.columns.get_mut(column) {
            column.repeats = if kept { Repeats::Rarely } else { Repeats::Unkept };
        }
        self
    }

    /// How many records there are now.
    pub(super) fn mark(&self) -> BuilderMark {
        BuilderMark { records: self.ids.len(), mended: (self.mended.ids.len(), self.mended.named.len()) }
    }

    /// Forgets the records that came since then, and one that is being read.
    pub(super) fn back_to(&mut self, mark: BuilderMark) {
        let BuilderMark { records, mended: (ids, named) } = mark;
        self.ids.truncate(records);
        self.times.truncate(records);
        if let Some(observations) = &mut self.observations {
            observations.truncate(records);
        }
        self.mended.ids.truncate(ids);
        self.mended.named.truncate(named);
        self.columns.iter_mut().for_each(|column| column.truncate(records));
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The ids of the records.
    pub(super) fn ids(&self) -> &[u64] {
        &self.ids
    }

    /// Roughly how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let names: usize = if self.observations.is_some() { 64 } else { 0 };
        let mended = size_of_val(self.mended.ids.as_slice());
        mended + (24 + names) * self.len() + self.columns.iter().map(ColumnBuilder::bytes).sum::<usize>()
    }

    /// Ends a record after all of its values were pushed.
    pub(super) fn end_record(&mut self, index: &str, id: &str, time: Option<Instant>) {
        self.ids.push(record_id(index, id));
        self.times.push(time);
        if let Some(observations) = &mut self.observations {
            observations.push(format!("{index}/{id}").into());
        }
        self.columns.iter_mut().for_each(ColumnBuilder::end_record);
    }

    /// Says that a value of the record that was ended last was mended.
    pub(super) fn mended(&mut self, index: &str, id: &str, flaw: Flaw) {
        self.mended.push(record_id(index, id), || format!("{index}/{id}: {}", flaw.text()));
    }

    /// Drops the record that is being read.
    pub(super) fn forget_record(&mut self) {
        self.columns.iter_mut().for_each(ColumnBuilder::forget);
    }

    /// Appends the records of another builder with the same columns.
    pub(super) fn append(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.times.extend(other.times);
        self.mended.append(other.mended);
        if let (Some(mine), Some(theirs)) = (&mut self.observations, other.observations) {
            mine.extend(theirs);
        }
        for (mine, theirs) in self.columns.iter_mut().zip(other.columns) {
            mine.append(&theirs.column);
        }
    }

    /// Whether no record is there twice.
    pub(super) fn distinct(&self) -> bool {
        let mut ids = self.ids.clone();
        ids.sort_unstable();
        ids.windows(2).all(|pair| pair[0] != pair[1])
    }

    /// The columns, in their order.
    pub(super) fn finished_columns(self) -> Vec<Column> {
        self.columns.into_iter().map(|c| c.column).collect()
    }

    /// The records. `names` are those of the columns, in their order.
    pub(super) fn finish<'a>(self, names: impl Iterator<Item = &'a str>) -> Records {
        Records {
            ids: self.ids,
            times: self.times,
            observations: self.observations.unwrap_or_default(),
            mended: self.mended,
            columns: names.map(str::to_owned).zip(self.columns.into_iter().map(|c| c.column)).collect(),
        }
    }
}

/// Spreads a hash over 64 bits, the highest of which tables compare first.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The id of a record: 63 bits hashed from its index and `_id`, the same in every request. Among ten million records
/// the chance that two share an id is 5 in a million; a request that returned both would fail and not merge them.
pub(super) fn record_id(index: &str, id: &str) -> u64 {
    // SipHash with fixed keys is stable within a program.
    #[allow(deprecated)]
    let mut hasher = std::hash::SipHasher::new();
    hasher.write(index.as_bytes());
    hasher.write_u8(0xff);
    hasher.write(id.as_bytes());
    hasher.finish() % RECORD_IDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(records: &Records, column: usize, record: usize) -> Vec<Scalar> {
        records.columns[column].1.values(record).cloned().collect()
    }

    #[test]
    fn values_keep_kind_and_order_and_appending_keeps_records() {
        let mut a = RecordsBuilder::new(2, true);
        a.columns[0].push_text("x");
        a.columns[0].push_int(1);
        a.columns[0].push_text("x");
        a.columns[0].push_text("1");
        a.columns[0].push_float(1.0);
        a.columns[0].push_bool(true);
        a.end_record("i", "1", Some(Instant(5)));
        let mut b = RecordsBuilder::new(2, true);
        b.columns[0].push_text("lost");
        b.forget_record();
        b.columns[1].push_text("x");
        b.end_record("i", "2", None);
        a.append(b);
        assert!(a.distinct());
        let records = a.finish(["p", "q"].into_iter());
        let x = || Scalar::Text("x".into());
        assert_eq!(
            values(&records, 0, 0),
            [x(), Scalar::Int(1), x(), Scalar::Text("1".into()), Scalar::Float(1.0), Scalar::Bool(true)]
        );
        assert_eq!((values(&records, 1, 0), values(&records, 0, 1), values(&records, 1, 1)), (vec![], vec![], vec![x()]));
        assert_eq!(records.observations, ["i/1".into(), "i/2".into()]);
        assert_eq!(records.times, [Some(Instant(5)), None]);
    }

    #[test]
    fn many_values_are_found_again() {
        let mut a = RecordsBuilder::new(1, false);
        for round in 0..2 {
            for n in 0..5_000 {
                a.columns[0].push_text(&format!("value {n}"));
                a.columns[0].push_text(if round == 0 { "same" } else { "other" });
                a.end_record("i", &format!("{round}/{n}"), None);
            }
        }
        let records = a.finish(["p"].into_iter());
        assert_eq!(records.columns[0].1.dictionary.len(), 5_002);
        for record in 0..10_000 {
            let same = if record < 5_000 { "same" } else { "other" };
            let wanted = [format!("value {}", record % 5_000), same.to_owned()].map(|text| Scalar::Text(text.into()));
            assert_eq!(values(&records, 0, record), wanted);
        }
    }

    #[test]
    fn a_builder_goes_back_to_what_it_had() {
        let mut a = RecordsBuilder::new(2, true).with_unlike(1, false);
        let record = |a: &mut RecordsBuilder, id: &str| {
            a.columns[0].push_text(id);
            a.columns[1].push_text(id);
            a.columns[1].push_int(7);
            assert_eq!(a.columns[1].current().cloned().collect::<Vec<_>>(), [Scalar::Text(id.into()), Scalar::Int(7)]);
            a.end_record("i", id, Some(Instant(1)));
            a.mended("i", id, Flaw::Number);
        };
        record(&mut a, "1");
        let mark = a.mark();
        record(&mut a, "2");
        a.columns[0].push_text("begun");
        a.columns[1].push_text("begun");
        a.back_to(mark);
        assert_eq!((a.len(), a.columns[0].current().count(), a.columns[1].current().count()), (1, 0, 0));
        record(&mut a, "3");
        let records = a.finish(["p", "q"].into_iter());
        assert_eq!((&*records.observations[1], records.times.len(), records.mended.ids.len()), ("i/3", 2, 2));
        assert_eq!(records.mended.named.len(), 2);
        assert_eq!(
            (values(&records, 0, 0), values(&records, 0, 1)),
            (vec![Scalar::Text("1".into())], vec![Scalar::Text("3".into())])
        );
        assert_eq!((values(&records, 1, 0), values(&records, 1, 1)), (vec![], vec![]), "a column that is not kept");
    }

    #[test]
    fn a_record_that_comes_twice_is_noticed() {
        let mut a = RecordsBuilder::new(0, false);
        a.end_record("i", "1", None);
        a.end_record("i", "2", None);
        assert!(a.distinct());
        a.end_record("i", "1", None);
        assert!(!a.distinct());
    }
}
