//! The records behind the rows of tables: asked for when all is computed, for rows that a report shows, and only for those.

use super::Run;
use super::requests::of_source;
use super::tuples::node_of_tuple;
use crate::report::evidence::{RecordEvidence, RowEvidence};
use crate::report::model::Display;
use crate::source::RECORD_IDS;
use crate::source::evidence::{RecordDocument, WantedRecord};
use crate::table::{Key, Table};
use foldhash::{HashMap, HashSet};
use huntc_compiler::plan::{NodeId, SourceRef};
use huntc_compiler::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// The most rows of a table whose records are read again, and the most records of a row.
const ROWS: usize = 1_000;
const RECORDS: usize = 3;
/// The most bytes of a document, and of all documents of a hunt.
const DOCUMENT: usize = 16 << 10;
const DOCUMENTS: usize = 16 << 20;

/// The most milliseconds in which records of tuples are looked for, for one display.
const MILLIS: usize = 1_000;

/// What a row stands for that a source counted: no record of it is known, only when the first was.
struct CountedSighting {
    /// How many of its row come before it, and the row.
    rank: usize,
    place: usize,
    node: NodeId,
    entity: Key,
    millis: i64,
}

impl Run<'_> {
    /// The records behind the first rows of a display. `shown` has for each row of the table that of the display.
    pub(super) fn behind(&self, table: &Table, shown: &[Option<usize>]) -> Vec<RowEvidence> {
        let mut evidence: Vec<RowEvidence> = Vec::new();
        let mut counted: Vec<CountedSighting> = Vec::new();
        for (row, place) in shown.iter().enumerate() {
            let Some(place) = place.filter(|place| *place < ROWS) else { continue };
            if evidence.len() <= place {
                evidence.resize_with(place + 1, RowEvidence::default);
            }
            let Some(behind) = evidence.get_mut(place) else { continue };
            let (sightings, records) = table.row_sightings(row);
            behind.records += records;
            behind.sightings = table.weights.by_slot();
            let entity = table.row_entity(row).and_then(|entity| table.one(entity));
            for (rank, sighting) in sightings.iter().enumerate().take(RECORDS) {
                let Some(id) = sighting.record() else { continue };
                match node_of_tuple(id) {
                    Some(node) => counted.extend(entity.zip(sighting.time()).map(|(entity, time)| CountedSighting {
                        rank: behind.shown.len() + rank,
                        place,
                        node,
                        entity: entity.key().clone(),
                        millis: time.millis_floor(),
                    })),
                    None => add(behind, id, sighting.time()),
                }
            }
        }
        self.name_counted(counted, &mut evidence);
        for row in &mut evidence {
            row.shown.sort_by_key(|record| (record.time.is_none(), record.time));
        }
        if evidence.iter().all(|row| row.records == 0) { Vec::new() } else { evidence }
    }

    /// Looks for records of what was counted. Where none can be read, rows keep their numbers.
    fn name_counted(&self, mut counted: Vec<CountedSighting>, evidence: &mut [RowEvidence]) {
        counted.sort_by_key(|sighting| (sighting.rank, sighting.place));
        counted.truncate(MILLIS);
        let mut millis: BTreeMap<NodeId, BTreeSet<i64>> = BTreeMap::new();
        for sighting in &counted {
            millis.entry(sighting.node).or_default().insert(sighting.millis);
        }
        for (node, millis) in millis {
            let millis: Vec<i64> = millis.into_iter().collect();
            let Ok(Some(seen)) = self.seen_in(node, &millis) else { continue };
            let places: HashMap<&Key, u32> = seen.entities().map(|entity| entity.key()).zip(0..).collect();
            for wanted in counted.iter().filter(|sighting| sighting.node == node) {
                let entity = places.get(&wanted.entity).and_then(|place| seen.one(*place));
                let Some((entity, behind)) = entity.zip(evidence.get_mut(wanted.place)) else { continue };
                for sighting in entity.counted().filter(|s| s.time().map(Instant::millis_floor) == Some(wanted.millis)) {
                    if let Some(id) = sighting.record() {
                        add(behind, id, sighting.time());
                    }
                }
            }
        }
    }

    /// Reads the records that displays name. What cannot be read keeps its number of records: a hunt does not fail for it.
    pub(super) fn fill_evidence(&self, displays: &mut [Display]) {
        let records = || displays.iter().flat_map(|d| &d.evidence).flat_map(|row| &row.shown);
        let mut wanted: Vec<WantedRecord> = records().map(|r| WantedRecord { id: r.id, time: r.time }).collect();
        let mut seen = HashSet::default();
        wanted.retain(|record| seen.insert(record.id));
        let mut known: HashMap<u64, RecordDocument> = HashMap::default();
        for (number, source) in (0..).zip(&self.sources) {
            let Some(Ok(opened)) = source.opened.get() else { continue };
            wanted.retain(|record| !known.contains_key(&record.id));
            if wanted.is_empty() || self.options.allowance.check().is_err() {
                break;
            }
            let added = of_source(SourceRef(number));
            let own = |record: &WantedRecord| WantedRecord { id: record.id.wrapping_sub(added) % RECORD_IDS, ..*record };
            let asked: Vec<WantedRecord> = wanted.iter().map(own).collect();
            let Ok(found) = opened.documents(&asked, &self.context("evidence")) else { continue };
            known.extend(wanted.iter().zip(found).filter_map(|(record, document)| Some((record.id, document?))));
        }
        let mut room = DOCUMENTS;
        for record in displays.iter_mut().flat_map(|d| &mut d.evidence).flat_map(|row| &mut row.shown) {
            let Some(document) = known.get(&record.id) else { continue };
            record.name = Some(document.name.clone());
            record.document = document.text.as_ref().filter(|text| text.len() <= room).map(|text| cut(text));
            room -= record.document.as_ref().map_or(0, String::len).min(room);
        }
    }
}

/// Adds a record to those behind a row, if there is room.
fn add(behind: &mut RowEvidence, id: u64, time: Option<Instant>) {
    if behind.shown.len() < RECORDS && behind.shown.iter().all(|known| known.id != id) {
        behind.shown.push(RecordEvidence { id, time, name: None, document: None });
    }
}

/// A document of a length that a page can show.
fn cut(text: &str) -> String {
    if text.len() <= DOCUMENT {
        return text.to_owned();
    }
    let end = (0..=DOCUMENT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}… ({} of {} bytes)", text.get(..end).unwrap_or_default(), end, text.len())
}
