//! The earliest records of a request, for hints.

use super::{Selection, Store, matching};
use crate::source::{FetchContext, Sample, SourceError};
use huntc_compiler::request::BoundRequest;
use huntc_compiler::time::{Instant, Window};
use rayon::prelude::*;

impl Store {
    pub(super) fn sampled(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        let query = self.prepared(request)?;
        // Rows are sorted by time, so the first ones of each segment are enough.
        let one = |segment| {
            let bits = matching(segment, &query, request, context)?;
            let mut rows = bits.map_or_else(Vec::new, |bits| bits.rows());
            rows.truncate(most);
            Ok(rows)
        };
        let rows: Vec<Vec<u32>> = self.segments.par_iter().with_max_len(1).map(one).collect::<Result<_, SourceError>>()?;
        let mut selections: Vec<Selection<'_>> =
            self.segments.iter().zip(rows).map(|(segment, rows)| Selection { segment, rows }).collect();
        let time = |s: &Selection<'_>, row: u32| s.segment.key(row).map_or(0, |(time, _)| time.millis_floor());
        let mut times: Vec<i64> = selections.iter().flat_map(|s| s.rows.iter().map(|row| time(s, *row))).collect();
        times.sort_unstable();
        let whole = times.len() < most;
        if let (false, Some(cut)) = (whole, times.get(most.saturating_sub(1))) {
            for selection in &mut selections {
                let keep = selection.rows.iter().take_while(|row| time(selection, **row) < *cut).count();
                selection.rows.truncate(keep);
            }
        }
        selections.retain(|s| !s.rows.is_empty());
        Ok(Sample {
            records: self.records(request, &selections, &context.allowance)?,
            whole,
            gaps: false,
            span: self.span_in(request.window),
        })
    }

    /// The times of the first and the last record in a window.
    fn span_in(&self, window: Window) -> Option<(Instant, Instant)> {
        let spans = self.segments.iter().filter_map(|segment| {
            let rows = segment.rows(window);
            let time = |row: usize| segment.key(row as u32).map(|(time, _)| time);
            let span = if rows.is_empty() { None } else { Some((time(rows.start)?, time(rows.end - 1)?)) };
            segment.release_excess();
            span
        });
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}
