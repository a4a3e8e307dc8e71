//! A request made ready for one server: its query as JSON, and how documents become records.

use super::answer::Hit;
use super::clock;
use super::columns::RecordsBuilder;
use super::document::FieldTree;
use super::fault::{Fault, Kind};
use super::scan::DocValue;
use huntc_compiler::backend::elastic::query::{Never, Query};
use huntc_compiler::backend::elastic::request::{BoundRequest, with_window};
use huntc_compiler::time::{Instant, Window};
use serde_json::value::RawValue;

const TIME: &str = "@timestamp";

/// A request made ready.
pub(super) struct Prepared {
    /// With the window.
    pub(super) query: Box<RawValue>,
    /// `_source.includes`
    pub(super) includes: Vec<String>,
    /// What documents lack.
    pub(super) docvalues: Vec<DocValue>,
    /// Columns: the request's fields, then `@timestamp` where it was not among them.
    names: Vec<String>,
    wanted: usize,
    time: usize,
    observations: bool,
    window: Window,
    tree: FieldTree,
}

impl Prepared {
    /// Of a request and the query that this server gets for it.
    pub(super) fn new(request: &BoundRequest, query: Query<Never>) -> Result<Self, Fault> {
        let query = serde_json::value::to_raw_value(&with_window(query, request.window))
            .map_err(|e| Fault::new(Kind::Rejected, e.to_string()))?;
        let mut names: Vec<String> = request.fields.iter().filter(|f| *f != "_id").cloned().collect();
        let wanted = names.len();
        let time = names.iter().position(|f| f == TIME).unwrap_or_else(|| {
            names.push(TIME.to_owned());
            wanted
        });
        let tree = FieldTree::new(names.iter().enumerate().map(|(i, f)| (f.as_str(), i)));
        let observations = request.fields.iter().any(|f| f == "_id");
        Ok(Self {
            query,
            includes: names.clone(),
            docvalues: Vec::new(),
            names,
            wanted,
            time,
            observations,
            window: request.window,
            tree,
        })
    }

    pub(super) fn builder(&self) -> RecordsBuilder {
        RecordsBuilder::new(self.names.len(), self.observations)
    }

    /// Names of the columns that the request asked for.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &str> {
        self.names.iter().take(self.wanted).map(String::as_str)
    }

    /// Takes hits into the builder; those outside the window, exact to the nanosecond, are left out.
    pub(super) fn take(&self, hits: &[Hit<'_>], builder: &mut RecordsBuilder) -> Result<(), Fault> {
        for hit in hits {
            let Some(source) = hit.source else { return Err(Fault::new(Kind::NoDocuments, format!("index {}", hit.index))) };
            let broken = |e| Fault::new(Kind::Rejected, format!("record {}/{}: {e}", hit.index, hit.id));
            self.tree.read(source.get(), builder).map_err(broken)?;
            let time = self.time_of(builder);
            if self.window.is_none_or(|w| time.is_some_and(|t| w.contains(t))) {
                builder.end_record(&hit.index, &hit.id, time);
            } else {
                builder.forget_record();
            }
        }
        Ok(())
    }

    fn time_of(&self, builder: &RecordsBuilder) -> Option<Instant> {
        builder.columns.get(self.time)?.current().find_map(clock::instant)
    }
}
