//! Several sources as one: every request goes to each of them, and the records that come back are put side by side.

use super::evidence::{RecordDocuments, WantedRecord};
use super::{ANSWER, Column, DataSource, FetchContext, Records, Sample, Scalar, Sink, SourceError, Tally, TallyRequest};
use foldhash::HashMap;
use huntc_compiler::request::BoundRequest;
use huntc_compiler::time::Instant;
use std::sync::Arc;

/// Sources that have one name.
pub struct CombinedSource {
    parts: Vec<Arc<dyn DataSource>>,
}

/// Most sources in one: their numbers stand in the bits 40 to 47 of record ids, above what a store counts and below what
/// tells the sources of a hunt apart.
pub const MOST_PARTS: usize = 256;
const PART_BIT: u32 = 40;

impl CombinedSource {
    /// At most [`MOST_PARTS`] sources.
    pub fn new(parts: Vec<Arc<dyn DataSource>>) -> Self {
        Self { parts }
    }

    /// The answers of all parts, each with the number of its part.
    fn each<T>(&self, ask: impl Fn(&dyn DataSource) -> Result<T, SourceError>) -> Result<Vec<T>, SourceError> {
        self.parts.iter().map(|part| ask(part.as_ref())).collect()
    }
}

impl DataSource for CombinedSource {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        let mut memory = context.allowance.lend(ANSWER);
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let records = part.fetch(request, context)?;
            memory.grow(records.bytes())?;
            parts.push(records);
        }
        Ok(side_by_side(parts))
    }

    fn stream(&self, request: &BoundRequest, context: &FetchContext, sink: &mut dyn Sink) -> Result<(), SourceError> {
        for (number, part) in self.parts.iter().enumerate() {
            part.stream(request, context, &mut Numbered { number, sink })?;
        }
        Ok(())
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        Ok(self.each(|part| part.count(request, context))?.into_iter().sum())
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        let samples = self.each(|part| part.sample(request, most, context))?;
        // Behind the last record of a part that has more, its next ones may lie anywhere.
        let known = samples.iter().filter(|s| !s.whole).map(|s| s.records.times.iter().flatten().max().copied()).min();
        let mut out = Sample {
            whole: known.is_none(),
            gaps: samples.iter().any(|s| s.gaps),
            span: samples.iter().filter_map(|s| s.span).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
            records: Records::default(),
        };
        out.records = side_by_side(samples.into_iter().map(|s| s.records).collect());
        if let Some(last) = known {
            out.records.retain(|time| time <= last);
        }
        let mut times: Vec<i64> = out.records.times.iter().flatten().map(|t| t.millis_floor()).collect();
        times.sort_unstable();
        if let Some(cut) = times.get(most.saturating_sub(1)).copied() {
            out.records.retain(|time| time.map(Instant::millis_floor) < Some(cut));
            out.whole = false;
        }
        Ok(out)
    }

    fn tally(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, SourceError> {
        let parts = self.each(|part| part.tally(asked, context))?;
        Ok(parts.into_iter().reduce(|a, b| a.and(b, asked.most)).unwrap_or_default())
    }

    fn passed_over(&self) -> Vec<(String, &'static str)> {
        self.parts.iter().flat_map(|part| part.passed_over()).collect()
    }

    fn indices(&self) -> Vec<String> {
        self.parts.iter().flat_map(|part| part.indices()).collect()
    }

    fn moment(&self) -> u64 {
        self.parts.iter().map(|part| part.moment()).sum()
    }

    fn documents(&self, wanted: &[WantedRecord], context: &FetchContext) -> Result<RecordDocuments, SourceError> {
        let mut found: RecordDocuments = wanted.iter().map(|_| None).collect();
        for (number, part) in self.parts.iter().enumerate() {
            let own = |record: &WantedRecord| WantedRecord { id: record.id.wrapping_sub((number as u64) << PART_BIT), ..*record };
            let documents = part.documents(&wanted.iter().map(own).collect::<Vec<_>>(), context)?;
            for (place, document) in found.iter_mut().zip(documents) {
                *place = place.take().or(document);
            }
        }
        Ok(found)
    }

    fn location(&self) -> String {
        self.parts.iter().map(|part| part.location()).collect::<Vec<_>>().join(", ")
    }
}

/// Gives the records of one part on, with ids that tell the parts apart.
struct Numbered<'s> {
    number: usize,
    sink: &'s mut dyn Sink,
}

impl Sink for Numbered<'_> {
    fn begin(&mut self) {
        self.sink.begin();
    }

    fn take(&mut self, mut records: Records) -> Result<(), SourceError> {
        number(&mut records, self.number);
        self.sink.take(records)
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.sink.end()
    }
}

/// Tells the ids of a part apart from those of the others.
fn number(records: &mut Records, part: usize) {
    for id in records.ids.iter_mut().chain(&mut records.mended.ids) {
        *id = id.wrapping_add((part as u64) << PART_BIT);
    }
}

/// The records of several parts, with ids that tell the parts apart.
fn side_by_side(parts: Vec<Records>) -> Records {
    let mut parts = parts.into_iter().enumerate();
    let Some((_, mut all)) = parts.next() else { return Records::default() };
    let mut dictionaries: Vec<Dictionary> = all.columns.iter().map(|(_, column)| Dictionary::of(column)).collect();
    for (place, mut part) in parts {
        number(&mut part, place);
        all.ids.extend(part.ids);
        all.times.extend(&part.times);
        all.mended.append(part.mended);
        all.observations.extend(part.observations);
        // Every source answers with the fields that were asked for, in their order.
        for (((_, column), dictionary), (_, more)) in all.columns.iter_mut().zip(&mut dictionaries).zip(&part.columns) {
            dictionary.append(column, more);
        }
    }
    all
}

/// Codes of the values of a column, so that each stands in it once.
#[derive(Default)]
struct Dictionary(HashMap<Known, u32>);

/// A value that can be looked up: numbers by their bits.
#[derive(PartialEq, Eq, Hash)]
enum Known {
    Bool(bool),
    Int(i64),
    Float(u64),
    Text(Arc<str>),
}

impl Known {
    fn of(value: &Scalar) -> Self {
        match value {
            Scalar::Bool(value) => Self::Bool(*value),
            Scalar::Int(value) => Self::Int(*value),
            Scalar::Float(value) => Self::Float(value.to_bits()),
            Scalar::Text(text) => Self::Text(Arc::clone(text)),
        }
    }
}

impl Dictionary {
    fn of(column: &Column) -> Self {
        Self(column.dictionary.iter().zip(0..).map(|(value, code)| (Known::of(value), code)).collect())
    }

    fn append(&mut self, column: &mut Column, more: &Column) {
        let code = |value: &Scalar| {
            *self.0.entry(Known::of(value)).or_insert_with(|| {
                column.dictionary.push(value.clone());
                column.dictionary.len() as u32 - 1
            })
        };
        let codes: Vec<u32> = more.dictionary.iter().map(code).collect();
        let base = column.codes.len() as u32;
        column.codes.extend(more.codes.iter().filter_map(|c| codes.get(*c as usize)));
        column.starts.extend(more.starts.iter().skip(1).map(|start| base + start));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::store::Store;
    use huntc_compiler::catalog::Catalog;
    use huntc_compiler::request::Query;
    use std::fs;

    fn part(lines: &[(&str, &str)]) -> Arc<dyn DataSource> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.ndjson");
        let line = |(time, name): &(&str, &str)| {
            format!("{{\"@timestamp\":\"2020-10-22T00:00:{time}Z\",\"process\":{{\"name\":\"{name}\"}}}}\n")
        };
        fs::write(&file, lines.iter().map(line).collect::<String>()).unwrap();
        Arc::new(Store::from_paths(&[file]).unwrap().0)
    }

    fn request() -> BoundRequest {
        BoundRequest::of(Catalog::builtin(), Query::MatchAll, ["process.name"])
    }

    fn names(records: &Records) -> Vec<String> {
        let column = records.column("process.name").unwrap();
        let text = |row| format!("{:?}", column.values(row).collect::<Vec<_>>());
        let mut names: Vec<String> = (0..records.len()).map(text).collect();
        names.sort();
        names
    }

    #[test]
    fn records_stand_side_by_side_with_ids_of_their_own() {
        let source = CombinedSource::new(vec![part(&[("01", "a"), ("02", "b")]), part(&[]), part(&[("03", "b"), ("04", "c")])]);
        let records = source.fetch(&request(), &FetchContext::default()).unwrap();
        assert_eq!(names(&records), [r#"[Text("a")]"#, r#"[Text("b")]"#, r#"[Text("b")]"#, r#"[Text("c")]"#]);
        assert_eq!(records.column("process.name").unwrap().dictionary.len(), 3);
        let mut ids = records.ids.clone();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), records.times.len()), (4, 4));
        assert_eq!(source.count(&request(), &FetchContext::default()).unwrap(), 4);
    }

    #[test]
    fn a_sample_has_the_earliest_of_all_parts() {
        let source = CombinedSource::new(vec![part(&[("01", "a"), ("05", "b"), ("06", "c")]), part(&[("02", "d"), ("09", "e")])]);
        let sample = |most| source.sample(&request(), most, &FetchContext::default()).unwrap();
        assert_eq!((sample(9).records.len(), sample(9).whole), (5, true));
        let two = sample(3);
        assert_eq!((names(&two.records), two.whole), (vec![r#"[Text("a")]"#.to_owned(), r#"[Text("d")]"#.to_owned()], false));
        assert_eq!(two.span, sample(9).span);
    }
}
