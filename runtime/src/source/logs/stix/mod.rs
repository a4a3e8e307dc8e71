//! STIX bundles, 2.0 and 2.1: each observed-data becomes the records that it stands for.
//!
//! In 2.0 an observed-data holds its objects; in 2.1 it refers to objects of the bundle, which may stand before or behind it. So
//! those are kept, and an observed-data waits for what it refers to until the bundle ends. `table` says where in ECS the
//! properties of objects go, and `drafts` divides the objects of one observation among records.

mod drafts;
mod names;
mod objects;
mod observation;
mod sniff;
mod table;

use super::elements;
use super::format::{LogFormat, LogReading};
use super::piece::{Block, Emit, Layout, Piece};
use super::report::BadReason;
use crate::source::SourceError;
use crate::source::repair::Flaw;
use drafts::{Draft, MOST, MOST_BYTES};
use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use huntc_compiler::diag::codes::store::UNREADABLE_LOG;
use names::RecordNames;
use objects::Objects;
use observation::{Element, MOST_VALUES, Observation, may_be_observed, values_in};
use serde_json::{Map, Value};
use std::io::Read;
use table::ObjectTable;

/// A text whose first value says that it is a bundle.
pub(super) const BUNDLES: LogFormat = LogFormat {
    name: "STIX bundles",
    sniff: |beginning| beginning.first_line.starts_with(b"{") && sniff::is_bundle(beginning.text),
    read,
};

/// The most bytes of objects that are kept for references to them.
const MOST_KEPT: usize = 512 << 20;
/// How many times the bytes of a bundle its objects may be read again, since many observations refer to one.
const MOST_AGAIN: usize = 256;

fn read(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let mut bundle = Bundle::new(reading);
    let elements = elements::objects(reader, reading, &mut |piece| match piece {
        Piece::Block(block) => {
            for (line, number) in block.bytes.split(|byte| *byte == b'\n').zip(block.first..) {
                if !line.is_empty() {
                    bundle.element(number, line, emit)?;
                }
            }
            reading.spare.give(block.bytes);
            Ok(())
        }
        other => emit(other),
    })?;
    bundle.finish(elements, emit)
}

/// An observation that waits for objects that may come.
struct Waiting {
    number: u64,
    observation: Observation,
}

struct Bundle<'a> {
    reading: &'a LogReading<'a>,
    table: &'static ObjectTable,
    /// Objects that observations may refer to, by their ids.
    kept: HashMap<String, Box<[u8]>>,
    waiting: Vec<Waiting>,
    /// Bytes of `kept` and of `waiting`.
    kept_bytes: usize,
    names: RecordNames,
    /// Whether anything was observed.
    observed_any: bool,
    /// Bytes that were read, and bytes of kept objects that were read again.
    read: usize,
    again: usize,
    /// How many records there are. `first` is the number of the first one in `bytes`.
    made: u64,
    first: u64,
    bytes: Vec<u8>,
}

impl<'a> Bundle<'a> {
    fn new(reading: &'a LogReading<'a>) -> Self {
        Self {
            reading,
            table: ObjectTable::get(),
            kept: HashMap::new(),
            waiting: Vec::new(),
            kept_bytes: 0,
            names: RecordNames::default(),
            observed_any: false,
            read: 0,
            again: 0,
            made: 0,
            first: 0,
            bytes: Vec::new(),
        }
    }

    fn element(&mut self, number: u64, line: &[u8], emit: &mut Emit<'_>) -> Result<(), SourceError> {
        self.read += line.len();
        match Element::read(line) {
            Err(reason) => {
                // What cannot be read may be all that was observed.
                self.observed_any = true;
                emit(Piece::Bad(number, reason))
            }
            Ok(Element::Other) => Ok(()),
            Ok(Element::Object(id)) => self.object(number, id, line, emit),
            Ok(Element::Observed(mut observation)) => {
                self.observed_any = true;
                self.names.name(&mut observation, line);
                self.observed(number, line.len(), *observation, emit)
            }
        }
    }

    /// Makes the records of an observation, or lets it wait for what it refers to, directly or through others.
    fn observed(
        &mut self,
        number: u64,
        bytes: usize,
        mut observation: Observation,
        emit: &mut Emit<'_>,
    ) -> Result<(), SourceError> {
        let may_come = |key: &String| may_be_observed(key) && !self.kept.contains_key(key);
        // One that has objects of its own too is not taken apart before it is known to be whole.
        let mixed = !observation.objects.is_empty() && !observation.refers.is_empty();
        if !mixed && !observation.refers.iter().any(may_come) {
            let objects = std::mem::take(&mut observation.objects);
            let gathered = self.gather(objects, &observation.refers)?;
            let waits = |gathered: &Gathered| gathered.missing.iter().any(|key| may_be_observed(key));
            if observation.refers.is_empty() || !gathered.as_ref().is_ok_and(waits) {
                return self.records(number, &observation, gathered, emit);
            }
        }
        self.keep(bytes)?;
        self.waiting.push(Waiting { number, observation });
        Ok(())
    }

    /// Keeps an object. Of two with one id the first counts.
    fn object(&mut self, number: u64, id: String, line: &[u8], emit: &mut Emit<'_>) -> Result<(), SourceError> {
        match self.kept.get(&id) {
            Some(known) if **known == *line => Ok(()),
            Some(_) => emit(Piece::Bad(number, BadReason::OtherObject)),
            None => {
                self.keep(id.len() + line.len())?;
                self.kept.insert(id, line.into());
                Ok(())
            }
        }
    }

    fn keep(&mut self, bytes: usize) -> Result<(), SourceError> {
        self.kept_bytes += bytes;
        if self.kept_bytes <= MOST_KEPT {
            return Ok(());
        }
        let message = format!("{} has more than {} MiB of objects that others may refer to", self.reading.name, MOST_KEPT >> 20);
        Err(SourceError::new(&UNREADABLE_LOG, message).help("make several bundles of it, each with the objects that it refers to"))
    }

    /// The objects of an observation: its own, those that it refers to, and those that these refer to.
    fn gather(&mut self, own: Vec<(String, Value)>, refers: &[String]) -> Result<Result<Gathered, BadReason>, SourceError> {
        let (mut objects, mut missing, mut known) = (Objects::default(), Vec::new(), HashSet::new());
        for (key, object) in own {
            known.insert(key.clone());
            if let Err(reason) = objects.add(key, object, self.table) {
                return Ok(Err(reason));
            }
        }
        let mut wanted: Vec<String> = refers.iter().rev().cloned().collect();
        let (mut looked_at, mut bytes, mut values) = (0, 0, 0);
        loop {
            while let Some(key) = wanted.pop() {
                if !known.insert(key.clone()) {
                    continue;
                }
                let Some(line) = self.kept.get(&key) else {
                    missing.push(key);
                    continue;
                };
                self.again += line.len();
                bytes += line.len();
                values += values_in(line);
                if bytes > MOST_BYTES || values > MOST_VALUES {
                    return Ok(Err(BadReason::TooManyFields));
                }
                // It was read before, when it was kept.
                let Ok((object, _)) = observation::json(line) else { continue };
                if let Err(reason) = objects.add(key, object, self.table) {
                    return Ok(Err(reason));
                }
            }
            if self.again > self.read.saturating_mul(MOST_AGAIN).saturating_add(MOST_BYTES) {
                let message = format!("{} refers to its objects so often that they would be read for hours", self.reading.name);
                return Err(
                    SourceError::new(&UNREADABLE_LOG, message).help("make several bundles of it, without the largest objects")
                );
            }
            wanted.extend(objects.references(looked_at).filter(|key| !known.contains(*key)).map(str::to_owned));
            looked_at = objects.len();
            if wanted.is_empty() {
                return Ok(Ok(Gathered { objects, missing }));
            }
        }
    }

    /// Makes the records of an observation. Each time that it was observed is one.
    fn records(
        &mut self,
        number: u64,
        observation: &Observation,
        gathered: Result<Gathered, BadReason>,
        emit: &mut Emit<'_>,
    ) -> Result<(), SourceError> {
        let Gathered { objects, missing } = match gathered {
            Ok(gathered) => gathered,
            Err(reason) => return emit(Piece::Bad(number, reason)),
        };
        // What is no telemetry says nothing of what was observed.
        let dangling = missing.iter().any(|key| may_be_observed(key) || !key.contains("--"));
        let flaw = observation.flaw.or_else(|| dangling.then_some(Flaw::NoSuchObject));
        let made = drafts::of(objects, self.table);
        let (mut part, mut bytes, mut cut) = (0, 0, made.cut);
        'all: for time in 0..observation.number {
            for draft in &made.all {
                if part >= MOST || (part > 0 && time > 0 && bytes > MOST_BYTES) {
                    cut = true;
                    break 'all;
                }
                part += 1;
                bytes += self.record(observation, time, part, draft, flaw, emit)?;
            }
        }
        if cut { emit(Piece::Bad(number, BadReason::TooManyRecords)) } else { Ok(()) }
    }

    /// Writes a record, and answers how many bytes it has. `part` is its number among those of its observation.
    fn record(
        &mut self,
        observation: &Observation,
        time: u64,
        part: usize,
        draft: &Draft,
        flaw: Option<Flaw>,
        emit: &mut Emit<'_>,
    ) -> Result<usize, SourceError> {
        let one = |values: &[Value]| if let [one] = values { one.clone() } else { Value::Array(values.to_vec()) };
        let mut fields: Map<String, Value> = draft.fields.iter().map(|(name, values)| (name.clone(), one(values))).collect();
        // The first time and the last one are known; those between are no earlier than the first.
        let last = observation.last_observed.as_ref();
        let at = last.filter(|_| time > 0 && time + 1 == observation.number).unwrap_or(&observation.first_observed);
        fields.insert("@timestamp".to_owned(), Value::String(at.clone()));
        if let Some(last) = last.filter(|last| **last != observation.first_observed) {
            fields.entry("event.end").or_insert_with(|| Value::String(last.clone()));
        }
        let mut hit = Map::new();
        if let Some(id) = &observation.id {
            let id = if part == 1 { id.clone() } else { format!("{id}#{part}") };
            hit.insert("_index".to_owned(), "stix".into());
            hit.insert("_id".to_owned(), id.into());
        }
        if let Some(version) = observation.version {
            hit.insert("_version".to_owned(), version.into());
        }
        hit.insert("_source".to_owned(), Value::Object(fields));
        let text = Value::Object(hit).to_string();
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(b'\n');
        if let Some(flaw) = flaw {
            emit(Piece::Mended(self.made, flaw))?;
        }
        self.made += 1;
        if self.bytes.len() >= self.reading.options.block {
            self.flush(emit)?;
        }
        Ok(text.len())
    }

    fn flush(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let first = std::mem::replace(&mut self.first, self.made);
        if self.bytes.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::replace(&mut self.bytes, self.reading.spare.take(self.reading.options.block));
        emit(Piece::Block(Block { layout: Layout::Elements, first, bytes }))
    }

    /// Ends the bundle, and answers how many records it has.
    fn finish(mut self, elements: u64, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
        for Waiting { number, mut observation } in std::mem::take(&mut self.waiting) {
            let objects = std::mem::take(&mut observation.objects);
            let gathered = self.gather(objects, &observation.refers)?;
            self.records(number, &observation, gathered, emit)?;
        }
        if !self.observed_any {
            emit(Piece::Bad(elements.saturating_sub(1), BadReason::NoObservedData))?;
        }
        self.flush(emit)?;
        Ok(self.made)
    }
}

/// What an observation is about.
struct Gathered {
    objects: Objects,
    /// Keys that are referred to and stand nowhere.
    missing: Vec<String>,
}

#[cfg(test)]
mod tests;
