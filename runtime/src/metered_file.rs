//! Files whose rows a hunt reads one after the other: a small packed file can unpack to any size, a row can be of any length. What
//! is read is held against what the hunt may use.

use crate::allowance::{Allowance, Lent, Spent};
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::cell::{Cell, RefCell};
use std::io::{BufReader, Read};

/// The most bytes of a row. While one is read it is in memory several times.
pub(crate) const MOST_ROW: u64 = 16 << 20;

/// Counts what is read of a file, and ends the reading when the hunt may not go on.
pub(crate) struct Meter<'a> {
    allowance: &'a Allowance,
    memory: RefCell<Lent<'a>>,
    /// Bytes since the last whole row.
    row: Cell<u64>,
    spent: Cell<Option<Spent>>,
}

impl<'a> Meter<'a> {
    /// `what` grows, as in "a file of LOAD".
    pub(crate) fn new(allowance: &'a Allowance, what: &'static str) -> Self {
        Self { allowance, memory: RefCell::new(allowance.lend(what)), row: Cell::new(0), spent: Cell::new(None) }
    }

    /// Counts bytes, and remembers why there may be no more.
    pub(crate) fn grow(&self, bytes: usize) -> Result<(), Spent> {
        let grown = self.allowance.check().and_then(|()| self.memory.borrow_mut().grow(bytes));
        grown.inspect_err(|spent| self.spent.set(Some(*spent)))
    }

    /// The memory that the hunt may still use.
    pub(crate) fn left(&self) -> usize {
        self.allowance.memory_left()
    }

    /// A row is whole.
    pub(crate) fn row_ends(&self) {
        self.row.set(0);
    }

    /// Why there was no more, if that ended the reading.
    pub(crate) fn spent(&self) -> Option<Spent> {
        self.spent.get()
    }

    /// What was counted.
    pub(crate) fn memory(self) -> Lent<'a> {
        self.memory.into_inner()
    }
}

/// A file under a meter.
pub(crate) struct Metered<'m, 'a, R> {
    pub(crate) file: R,
    pub(crate) meter: &'m Meter<'a>,
}

impl<R: Read> Read for Metered<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.meter.row.set(self.meter.row.get() + read as u64);
        if self.meter.row.get() > MOST_ROW {
            return Err(std::io::Error::other(format!("a row is longer than {} MiB", MOST_ROW >> 20)));
        }
        self.meter
            .allowance
            .check()
            .inspect_err(|spent| self.meter.spent.set(Some(*spent)))
            .map_err(|spent| std::io::Error::other(spent.message()))?;
        Ok(read)
    }
}

/// Takes one object after the other.
pub(crate) type TakeObject<'t> = &'t mut dyn FnMut(Map<String, Json>) -> Result<(), Spent>;

/// Takes the objects of a JSON array one after the other.
pub(crate) fn each_object(file: impl Read, meter: &Meter<'_>, take: TakeObject<'_>) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(Metered { file, meter }));
    json.deserialize_seq(EachObject(take)).and_then(|()| json.end())
}

/// As [`each_object`], of a text in memory whose depth was limited before.
pub(crate) fn each_object_in(text: &str, take: TakeObject<'_>) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(text);
    // The limit is more than that of the library.
    json.disable_recursion_limit();
    json.deserialize_seq(EachObject(take)).and_then(|()| json.end())
}

struct EachObject<'t>(TakeObject<'t>);

impl<'de> Visitor<'de> for EachObject<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut objects: A) -> Result<(), A::Error> {
        while let Some(object) = objects.next_element::<Map<String, Json>>()? {
            (self.0)(object).map_err(|spent| serde::de::Error::custom(spent.message()))?;
        }
        Ok(())
    }
}
