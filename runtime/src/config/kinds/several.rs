//! Several places under one name: `--source x=a --source x=b`. All log files among them are read as one, as those of a folder.

use super::explained::with_settings;
use super::files::LogFiles;
use super::kind::{OpenedSource, Opening, ResolvedSource, SourceFacts, SourceKind};
use crate::config::environment::Environment;
use crate::source::combined::{CombinedSource, MOST_PARTS};
use crate::source::logs::{FileSettings, LogTimeOffset};
use crate::source::store::Store;
use crate::source::{Clock, SourceError};
use huntc_compiler::diag::Code;
use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Different places, in the order of their bindings.
#[derive(Clone, Debug)]
struct Several(Vec<Arc<dyn SourceKind>>);

/// One source of two; the error says why there is none.
pub(in crate::config) fn joined(
    first: &Arc<dyn SourceKind>,
    second: &Arc<dyn SourceKind>,
) -> Result<Arc<dyn SourceKind>, &'static str> {
    let parts = |kind: &Arc<dyn SourceKind>| match (kind.as_ref() as &dyn Any).downcast_ref::<Several>() {
        Some(several) => several.0.clone(),
        None => vec![Arc::clone(kind)],
    };
    let mut all = parts(first);
    for part in parts(second) {
        let logs = all.iter().position(|known| log_files(known.as_ref()).is_some());
        let both = logs.and_then(|at| Some((at, with_more(log_files(all[at].as_ref())?, log_files(part.as_ref())?))));
        // The same place twice is one place.
        let known = all.iter().any(|known| known.location() == part.location());
        match both {
            Some((at, both)) => all[at] = Arc::new(both),
            None if known => {}
            None => all.push(part),
        }
    }
    match all.as_slice() {
        [one] => Ok(Arc::clone(one)),
        several if several.len() > MOST_PARTS => Err("too many stores and clusters have this name"),
        _ => Ok(Arc::new(Several(all))),
    }
}

/// A source whose log files have this offset of their times; `None` where it has no log files.
pub(in crate::config) fn with_log_time_offset(kind: &Arc<dyn SourceKind>, offset: LogTimeOffset) -> Option<Arc<dyn SourceKind>> {
    let settings = FileSettings { log_time_offset: offset, ..kind.file_settings().cloned().unwrap_or_default() };
    let Some(several) = (kind.as_ref() as &dyn Any).downcast_ref::<Several>() else {
        return with_settings(kind.as_ref(), settings);
    };
    let parts: Vec<_> = several.0.iter().map(|part| with_settings(part.as_ref(), settings.clone())).collect();
    let found = parts.iter().any(Option::is_some);
    let parts = parts.into_iter().zip(&several.0).map(|(changed, part)| changed.unwrap_or_else(|| Arc::clone(part)));
    found.then(|| Arc::new(Several(parts.collect())) as Arc<dyn SourceKind>)
}

/// The log files of both, each once, however its path is written.
fn with_more(logs: &LogFiles, more: &LogFiles) -> LogFiles {
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let mut all = logs.clone();
    all.0.extend(more.0.iter().filter(|path| logs.0.iter().all(|known| real(known) != real(path))).cloned());
    all
}

fn log_files(kind: &dyn SourceKind) -> Option<&LogFiles> {
    (kind as &dyn Any).downcast_ref()
}

impl SourceKind for Several {
    fn word(&self) -> &'static str {
        "several"
    }

    fn location(&self) -> String {
        self.0.iter().map(|part| part.location()).collect::<Vec<_>>().join(", ")
    }

    fn credentials(&self) -> Option<String> {
        let all: Vec<String> = self.0.iter().filter_map(|part| part.credentials()).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    fn default_window(&self) -> Option<Duration> {
        self.0.iter().filter_map(|part| part.default_window()).max()
    }

    fn cluster_address(&self) -> Option<(String, String)> {
        self.0.iter().find_map(|part| part.cluster_address())
    }

    fn sends(&self) -> bool {
        self.0.iter().any(|part| part.sends())
    }

    fn file_settings(&self) -> Option<&FileSettings> {
        self.0.iter().find_map(|part| part.file_settings())
    }

    fn cautions(&self, name: &str, on_command_line: bool) -> Vec<(&'static Code, String)> {
        self.0.iter().flat_map(|part| part.cautions(name, on_command_line)).collect()
    }

    fn resolve(&self, name: &str, environment: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError> {
        let parts = self.0.iter().map(|part| part.resolve(name, environment)).collect::<Result<_, _>>()?;
        Ok(Box::new(ResolvedSeveral(parts)))
    }
}

struct ResolvedSeveral(Vec<Box<dyn ResolvedSource>>);

impl ResolvedSource for ResolvedSeveral {
    fn open(&self, opening: Opening<'_>) -> Result<OpenedSource, SourceError> {
        combined(self.0.iter().map(|part| part.open(opening)).collect::<Result<_, _>>()?)
    }

    fn survey(&self, fields: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
        let surveys = self.0.iter().map(|part| part.survey(fields)).collect::<Result<Vec<_>, _>>()?;
        let (opened, facts): (Vec<_>, Vec<_>) = surveys.into_iter().unzip();
        Ok((combined(opened)?, facts.into_iter().reduce(together).unwrap_or_default()))
    }

    fn is_remote(&self) -> bool {
        self.0.iter().any(|part| part.is_remote())
    }
}

fn combined(mut parts: Vec<OpenedSource>) -> Result<OpenedSource, SourceError> {
    let stores: Vec<Arc<Store>> = parts.iter().filter_map(|part| part.store.clone()).collect();
    if stores.len() > 1 {
        Store::count_once(&stores)?;
    }
    let read = parts.iter_mut().filter_map(|part| part.read.take()).reduce(|mut all, more| {
        all.merge(more);
        all
    });
    let sources = parts.into_iter().map(|part| part.source).collect();
    Ok(OpenedSource { source: Arc::new(CombinedSource::new(sources)), store: None, read })
}

/// What two parts say, as one.
fn together(a: SourceFacts, b: SourceFacts) -> SourceFacts {
    let mut clocks: Vec<Clock> = a.clocks;
    for clock in b.clocks {
        match clocks.iter_mut().find(|known| known.category == clock.category) {
            Some(known) => {
                known.records += clock.records;
                known.first = known.first.min(clock.first);
                known.last = known.last.max(clock.last);
            }
            None => clocks.push(clock),
        }
    }
    clocks.sort_by(|a, b| a.category.cmp(&b.category));
    let mut mappings = a.mappings;
    mappings.extend(b.mappings);
    SourceFacts {
        server: a.server.or(b.server),
        indices: [a.indices, b.indices].concat(),
        records: a.records + b.records,
        span: a.span.into_iter().chain(b.span).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
        clocks,
        mappings,
        traps: [a.traps, b.traps].concat(),
        findings: [a.findings, b.findings].concat(),
        part: a.part || b.part,
        counts_by_index: a.counts_by_index || b.counts_by_index,
    }
}
