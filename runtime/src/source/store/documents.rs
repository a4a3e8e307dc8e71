//! Single records of a store for reports: the lines of log files as they are, and what a store on the disk keeps of them.

use super::fetch::{self, Selection};
use super::{Store, ingest};
use crate::source::evidence::{RecordDocument, RecordDocuments, WantedRecord};
use crate::source::logs::{self, WantedLines};
use crate::source::{FetchContext, Fields, Scalar, SourceError};
use huntc_compiler::time::{Instant, TimeRange};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::path::Path;

/// Larger files are not read again: file and line tell where the record is.
const LARGEST_FILE: u64 = 256 << 20;

impl Store {
    /// The records of these ids.
    pub(super) fn documents_of(&self, wanted: &[WantedRecord], context: &FetchContext) -> Result<RecordDocuments, SourceError> {
        let mut places: Vec<(usize, Selection<'_>)> = Vec::new();
        for (number, record) in wanted.iter().enumerate() {
            context.allowance.check()?;
            places.extend(self.row_of(record).map(|selection| (number, selection)));
        }
        let mut found: RecordDocuments = wanted.iter().map(|_| None).collect();
        for (number, selection) in &places {
            let Some(record) = wanted.get(*number) else { continue };
            let name = self.observations(&[record.id], std::slice::from_ref(selection))?;
            if let (Some(place), Some(name)) = (found.get_mut(*number), name.first()) {
                *place = Some(RecordDocument { name: name.to_string(), text: None });
            }
        }
        let numbers: Vec<usize> = places.iter().map(|(number, _)| *number).collect();
        let texts = match self.fields {
            Fields::All => kept(&places.into_iter().map(|(_, selection)| selection).collect::<Vec<_>>())?,
            Fields::These(_) => self.lines(&numbers.iter().filter_map(|at| Some(wanted.get(*at)?.id)).collect::<Vec<_>>(), context),
        };
        for (number, text) in numbers.into_iter().zip(texts) {
            if let Some(Some(document)) = found.get_mut(number) {
                document.text = text;
            }
        }
        Ok(found)
    }

    fn row_of(&self, record: &WantedRecord) -> Option<Selection<'_>> {
        let time = record.time?;
        let window = Some(TimeRange::new(time, Instant(time.0.checked_add(1)?)));
        self.segments.iter().find_map(|segment| {
            let row = segment.rows(window).find(|row| segment.ids.get(*row) == Some(&record.id))?;
            Some(Selection { segment, rows: vec![row as u32] })
        })
    }

    /// The lines of log files that records came from. A file that is gone, or too large, has none to show.
    fn lines(&self, ids: &[u64], context: &FetchContext) -> Vec<Option<String>> {
        let mut by_file: BTreeMap<&Path, WantedLines<'_>> = BTreeMap::new();
        for id in ids {
            let (log, line) = ingest::place(&self.origins, *id);
            if let Some(file) = logs::file_of(log) {
                by_file.entry(file).or_default().entry(log).or_default().insert(line.saturating_sub(1));
            }
        }
        let mut texts: BTreeMap<(&str, u64), String> = BTreeMap::new();
        for (file, wanted) in by_file {
            if std::fs::metadata(file).is_ok_and(|data| data.len() <= LARGEST_FILE) {
                texts.extend(logs::lines_of(file, wanted, &self.settings, &context.allowance));
            }
        }
        let text = |id: &u64| {
            let (file, line) = ingest::place(&self.origins, *id);
            texts.get(&(file, line.saturating_sub(1))).cloned()
        };
        ids.iter().map(text).collect()
    }
}

/// What the store keeps of these rows, one for each selection: fields with their values.
fn kept(selections: &[Selection<'_>]) -> Result<Vec<Option<String>>, SourceError> {
    let mut documents: Vec<Map<String, Json>> = selections.iter().map(|_| Map::new()).collect();
    let mut fields: Vec<&str> = selections.iter().flat_map(|s| s.segment.fields()).map(|field| &*field.name).collect();
    fields.sort_unstable();
    fields.dedup();
    for field in fields.into_iter().filter(|field| !matches!(*field, "_id" | "_index")) {
        let column = fetch::gather(field, selections)?;
        for (row, document) in documents.iter_mut().enumerate() {
            let mut values: Vec<Json> = column.values(row).map(json).collect();
            let value = if values.len() == 1 { values.pop() } else { Some(Json::Array(values)) };
            if let Some(value) = value.filter(|value| *value != Json::Array(Vec::new())) {
                document.insert(field.to_owned(), value);
            }
        }
    }
    Ok(documents.into_iter().map(|document| Some(Json::Object(document).to_string())).collect())
}

fn json(value: &Scalar) -> Json {
    match value {
        Scalar::Bool(b) => Json::from(*b),
        Scalar::Int(int) => Json::from(*int),
        Scalar::Float(float) => Json::from(*float),
        Scalar::Text(text) => Json::from(&**text),
    }
}
