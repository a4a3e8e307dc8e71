//! Windows: which time range a statement asks, and which one later statements inherit (semantics.md §6).

use super::context::Checker;
use super::hir::{SourceRef, VarId};
use crate::diag::codes::time::{DEFAULT_WINDOW, EMPTY_RANGE, FUTURE_RANGE, MISSED_WINDOW};
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::syntax::ast::TimeSpan;
use crate::time::duration;
use crate::time::{Instant, SECOND, TimeRange, Window, hull};

/// How far an inherited window is widened at both ends for a request.
const WIDENING: i64 = 300 * SECOND;

/// The window of a statement over data sources.
pub(crate) struct Asked {
    /// Each source, with the window that it is asked for.
    pub(crate) sources: Vec<(SourceRef, Window)>,
    /// What later statements inherit.
    pub(crate) search: Window,
}

impl Checker<'_> {
    /// The time range that the statement writes, if any; where the run replaces ranges, the run's.
    pub(crate) fn explicit(&mut self, span: Option<&TimeSpan>) -> Result<Option<TimeRange>, Reported> {
        let (start, stop, place) = match span {
            None => return Ok(None),
            Some(TimeSpan::Between { start, stop, span }) => match (start.at, stop.at) {
                (Some(start), Some(stop)) => (start, stop, *span),
                _ => return Err(self.told()),
            },
            Some(TimeSpan::Last(length)) => {
                let nanos = length.nanos.ok_or_else(|| self.told())?;
                (self.options.now.plus(-nanos), self.options.now, length.span)
            }
        };
        let range = self.range(start, stop, place)?;
        if let Some(range) = self.replacement() {
            return Ok(Some(range));
        }
        if range.start >= self.options.now {
            let diagnostic = Diagnostic::new(&FUTURE_RANGE, place, "the time range lies in the future")
                .label("no record yet")
                .note(format!("now is {}", self.options.now.to_seconds_text()));
            self.report(diagnostic);
        }
        Ok(Some(range))
    }

    /// The range of `START a STOP b`, in which a must be before b.
    pub(crate) fn range(&mut self, start: Instant, stop: Instant, span: Span) -> Result<TimeRange, Reported> {
        if start < stop {
            return Ok(TimeRange::new(start, stop));
        }
        let same = start == stop;
        let headline = if same { "the time range is empty" } else { "START is later than STOP" };
        let diagnostic = Diagnostic::new(&EMPTY_RANGE, span, headline).label("holds no instant");
        let diagnostic = if same {
            diagnostic.help("STOP is exclusive: name a later instant")
        } else {
            let (start, stop) = (instant(start), instant(stop));
            diagnostic.fix("the other way round", span, format!("START t'{stop}' STOP t'{start}'"))
        };
        Err(self.report(diagnostic))
    }

    /// The window of GET from data sources.
    pub(crate) fn get_window(&mut self, explicit: Option<TimeRange>, references: &[VarId], sources: &[SourceRef]) -> Asked {
        let every = |window: Window| sources.iter().map(|s| (*s, window)).collect();
        if let Some(range) = explicit {
            return Asked { sources: every(Some(range)), search: Some(range) };
        }
        let windows = references.iter().map(|v| self.var(*v).window);
        if let Some(search) = windows.reduce(hull) {
            return Asked { sources: every(widen(search)), search };
        }
        if let Some(range) = self.command_line_window() {
            return Asked { sources: every(Some(range)), search: Some(range) };
        }
        let sources = self.default_windows(sources);
        let search = sources.iter().map(|(_, w)| *w).reduce(hull).flatten();
        Asked { sources, search }
    }

    /// The window of FIND: the explicit range, else the input's. That one is widened for the request alone, so that it does not
    /// grow along a chain.
    pub(crate) fn find_window(&self, explicit: Option<TimeRange>, input: VarId) -> Asked {
        let input = self.var(input);
        let (request, search) = match explicit {
            Some(range) => (Some(range), Some(range)),
            None => (widen(input.window), input.window),
        };
        Asked { sources: input.sources.iter().map(|s| (*s, request)).collect(), search }
    }

    /// The range of the run, or `--window` as a range that ends now.
    pub(crate) fn command_line_window(&self) -> Window {
        self.options.default_range.or_else(|| self.options.window.map(|nanos| self.before_now(nanos)))
    }

    /// The range of the run where it takes the place of every written one (`window: nightly` in the front matter).
    pub(crate) fn replacement(&self) -> Window {
        self.options.default_range.filter(|_| self.options.replace_ranges)
    }

    fn before_now(&self, nanos: i64) -> TimeRange {
        TimeRange::new(self.options.now.plus(-nanos), self.options.now)
    }

    /// The window that each source's profile sets, with a warning that names them; a source without one is asked for all time.
    fn default_windows(&mut self, sources: &[SourceRef]) -> Vec<(SourceRef, Window)> {
        let mut windows = Vec::with_capacity(sources.len());
        let mut told = Vec::new();
        for source in sources {
            let name = &self.hunt.sources[usize::from(source.0)].name;
            let nanos = self.options.sources.iter().find(|p| p.name == *name).and_then(|p| p.default_window);
            let window = nanos.map(|nanos| (nanos, self.before_now(nanos)));
            told.extend(window.map(|(nanos, range)| (name.clone(), duration::in_words(nanos), range)));
            windows.push((*source, window.map(|(_, range)| range)));
        }
        let Some((name, length, range)) = told.first() else { return windows };
        let head = self.sources.text(self.span).lines().next().map_or(0, str::len);
        let place = Span { end: self.span.start + head as u32, ..self.span };
        let message = format!("no time range: `{}` is asked for the last {length}", crate::syntax::errors::names::shorten(name));
        let mut diagnostic = Diagnostic::new(&DEFAULT_WINDOW, place, message)
            .label(format!("{} to {}", range.start.to_seconds_text(), range.stop.to_seconds_text()))
            .note("the data source's profile sets this default");
        for (name, length, _) in &told[1..] {
            diagnostic = diagnostic.note(format!("`{name}` is asked for the last {length}"));
        }
        self.report(diagnostic.help("write START … STOP … or LAST 24 h, or give --window 24h"));
        windows
    }

    /// Warns of a range that lies outside a variable's window, and so holds none of its records.
    pub(crate) fn missed(&mut self, range: TimeRange, input: VarId, place: Span) {
        let var = self.var(input);
        let Some(window) = var.window else { return };
        if range.start < window.stop && window.start < range.stop {
            return;
        }
        let message = format!("the time range misses every record of `{}`", var.name);
        let diagnostic = Diagnostic::new(&MISSED_WINDOW, place, message)
            .label("nothing lies here")
            .also(var.span, "bound here")
            .note(format!("`{}` was asked for {} to {}", var.name, window.start.to_seconds_text(), window.stop.to_seconds_text()));
        self.report(diagnostic);
    }
}

/// An instant as people write it: without a fraction that is zero.
fn instant(instant: Instant) -> String {
    instant.to_string().replace(".000Z", "Z")
}

fn widen(window: Window) -> Window {
    window.map(|w| w.widen(WIDENING))
}
