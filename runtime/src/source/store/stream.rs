//! Giving the records of a request in parts, so that only the rows of a few segments are held at a time.

use super::Store;
use super::fetch::Selection;
use super::segment::Segment;
use crate::source::{FetchContext, Sink, SourceError};
use huntc_compiler::request::BoundRequest;
use rayon::prelude::*;
use std::sync::atomic::Ordering;

/// The most records of a part, but for those of one segment.
const PART: usize = 131_072;

impl Store {
    pub(super) fn streamed(&self, request: &BoundRequest, context: &FetchContext, sink: &mut dyn Sink) -> Result<(), SourceError> {
        sink.begin();
        let mut given = false;
        let give = |sink: &mut dyn Sink, selections: &mut Vec<Selection<'_>>| {
            let records = self.records(request, selections, &context.allowance)?;
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
                if rows + found.len() > PART && rows > 0 {
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
