//! Giving the records of a request in parts, so that only the rows of a few segments are held at a time.

use super::bits::Bits;
use super::fetch::Selection;
use super::prepare::Prepared;
use super::segment::Segment;
use super::{Store, eval};
use crate::source::{FetchContext, Sink, SourceError};
use huntc_compiler::request::{BoundRequest, Spare};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// After so many records of one reading the segments give their memory back when they were read, as what is found will need it.
const LONG: usize = 250_000;
/// What they may keep in memory from then on.
const KEPT_AFTER_LONG: u64 = 32 << 20;

impl Store {
    /// Gives the records of a request, at most `most` of them at a time but for those of one segment.
    pub(super) fn streamed(
        &self,
        request: &BoundRequest,
        context: &FetchContext,
        sink: &mut dyn Sink,
        most: usize,
    ) -> Result<(), SourceError> {
        sink.begin();
        let mut given = false;
        let short = request.spare.as_ref().map(|spare| without(request, spare));
        let needs = |spare: &Arc<Spare>| self.prepared(&BoundRequest { query: spare.unless.clone(), ..request.clone() });
        let needs = request.spare.as_ref().map(needs).transpose()?;
        let mut total = 0;
        let mut give = |sink: &mut dyn Sink, selections: &mut Vec<Selection<'_>>| {
            let short = match (&short, &needs) {
                (Some(short), Some(needs)) if !finds(needs, selections)? => short,
                _ => request,
            };
            let records = self.records(short, selections, &context.allowance)?;
            let before = total;
            total += records.len();
            if before <= LONG && total > LONG {
                self.segments.iter().for_each(|segment| segment.keep_less(KEPT_AFTER_LONG));
            } else if total > LONG {
                for selection in selections.iter() {
                    selection.segment.release();
                }
            }
            selections.clear();
            context.allowance.check()?;
            context.read.fetch_add(records.len() as u64, Ordering::Relaxed);
            sink.take(records)
        };
        let query = self.prepared(request)?;
        let rows_of = |segment: &Segment| super::rows(segment, &query, request, context);
        let (mut part, mut rows) = (Vec::new(), 0);
        for segments in self.segments.chunks(2 * rayon::current_num_threads()) {
            let found: Vec<Vec<u32>> = segments.par_iter().with_max_len(1).map(rows_of).collect::<Result<_, _>>()?;
            for (segment, found) in segments.iter().zip(found).filter(|(_, found)| !found.is_empty()) {
                if rows + found.len() > most && rows > 0 {
                    give(sink, &mut part)?;
                    (rows, given) = (0, true);
                }
                rows += found.len();
                part.push(Selection { segment, rows: found });
            }
        }
        if !part.is_empty() || !given {
            give(sink, &mut part)?;
        }
        sink.end()
    }
}

/// A request without the fields that it can spare.
fn without(request: &BoundRequest, spare: &Spare) -> BoundRequest {
    let fields = request.fields.iter().filter(|field| !spare.fields.contains(field)).cloned().collect();
    BoundRequest { fields, ..request.clone() }
}

/// Whether a query finds any of the selected rows.
fn finds(query: &Prepared, all: &[Selection<'_>]) -> Result<bool, SourceError> {
    let in_one = |one: &Selection<'_>| {
        let mut among = Bits::none(one.segment.len());
        one.rows.iter().for_each(|row| among.insert(*row as usize));
        Ok(!eval::evaluate(query, one.segment, &among)?.is_empty())
    };
    let found: Vec<bool> = all.par_iter().with_max_len(1).map(in_one).collect::<Result<_, SourceError>>()?;
    Ok(found.into_iter().any(|found| found))
}
