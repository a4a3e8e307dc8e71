//! The records behind the rows of tables: asked for when all is computed, for rows that a report shows, and only for those.

use super::Run;
use crate::report::evidence::{RecordEvidence, RowEvidence};
use crate::report::model::Display;
use crate::source::evidence::{RecordDocument, WantedRecord};
use crate::table::Table;
use foldhash::{HashMap, HashSet};

/// The most rows of a table whose records are read again, and the most records of a row.
const ROWS: usize = 1_000;
const RECORDS: usize = 3;
/// The most bytes of a document, and of all documents of a hunt.
const DOCUMENT: usize = 16 << 10;
const DOCUMENTS: usize = 16 << 20;

/// The records behind the first rows of a display. `shown` has for each row of the table that of the display.
pub(super) fn behind(table: &Table, shown: &[Option<usize>]) -> Vec<RowEvidence> {
    let mut evidence: Vec<RowEvidence> = Vec::new();
    for (row, place) in shown.iter().enumerate() {
        let Some(place) = place.filter(|place| *place < ROWS) else { continue };
        if evidence.len() <= place {
            evidence.resize_with(place + 1, RowEvidence::default);
        }
        let Some(behind) = evidence.get_mut(place) else { continue };
        let (sightings, records) = table.row_sightings(row);
        behind.records += records;
        for sighting in sightings {
            let Some(id) = sighting.record() else { continue };
            if behind.shown.len() >= RECORDS {
                break;
            }
            if behind.shown.iter().all(|known| known.id != id) {
                behind.shown.push(RecordEvidence { id, time: sighting.time(), name: None, document: None });
            }
        }
    }
    if evidence.iter().all(|row| row.records == 0) { Vec::new() } else { evidence }
}

impl Run<'_> {
    /// Reads the records that displays name. What cannot be read keeps its number of records: a hunt does not fail for it.
    pub(super) fn fill_evidence(&self, displays: &mut [Display]) {
        let records = || displays.iter().flat_map(|d| &d.evidence).flat_map(|row| &row.shown);
        let mut wanted: Vec<WantedRecord> = records().map(|r| WantedRecord { id: r.id, time: r.time }).collect();
        let mut seen = HashSet::default();
        wanted.retain(|record| seen.insert(record.id));
        let mut known: HashMap<u64, RecordDocument> = HashMap::default();
        for (number, source) in (0_u64..).zip(&self.sources) {
            let Some(Ok(opened)) = source.opened.get() else { continue };
            wanted.retain(|record| !known.contains_key(&record.id));
            if wanted.is_empty() || self.options.allowance.check().is_err() {
                break;
            }
            // As `requests::apart` made them.
            let own = |record: &WantedRecord| WantedRecord { id: record.id.wrapping_sub(number << 48), ..*record };
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

/// A document of a length that a page can show.
fn cut(text: &str) -> String {
    if text.len() <= DOCUMENT {
        return text.to_owned();
    }
    let end = (0..=DOCUMENT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}… ({} of {} bytes)", text.get(..end).unwrap_or_default(), end, text.len())
}
