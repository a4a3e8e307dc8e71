//! The data source for Elasticsearch and OpenSearch.

mod adapt;
mod answer;
mod answer_body;
mod auth;
mod body;
mod bulk;
mod bulk_template;
mod choice;
mod client;
mod columns;
mod config;
mod connection;
mod countable;
mod coverage;
mod detect;
mod document;
mod documents;
mod expression;
mod fault;
mod findings;
mod halves;
mod mapping;
mod message;
mod offline;
mod one_pass;
mod origin;
mod outlet;
mod paste;
mod prepare;
mod privileges;
mod probe;
mod retry;
mod sample;
mod saved_mappings;
mod scan;
mod scroll;
mod server;
mod shared_snapshot;
mod side_by_side;
mod snapshot;
mod survey;
mod tally;
mod tls;
mod tuple_pages;
mod tuples;
mod unit_scan;
mod units;
mod value_counts;

pub use auth::Auth;
pub use bulk::{BulkReport, BulkWriter, index_fault};
pub use config::{ElasticConfig, Proxy, decode_percent, is_loopback};
pub use findings::SourceFinding;
#[doc(hidden)]
pub use offline::{FirstAnswers, prepare_offline, read_offline};
pub use saved_mappings::{SavedMappings, SavedRequest};
pub use server::{Product, Server};
pub use survey::{FieldSurvey, Survey, Trap};
pub use tls::{ClientCertificate, Fingerprint, fingerprint};

use super::evidence::{RecordDocuments, WantedRecord};
use super::{DataSource, FetchContext, Fields, Records, Sample, Sink, SourceError, Tally, TallyRequest, TupleRequest, Tuples};
use crate::allowance::Spent;
use columns::RecordsBuilder;
use connection::Connection;
use fault::{Fault, FaultKind};
use halves::{OnceEach, in_halves};
use huntc_compiler::request::BoundRequest;
use mapping::Mappings;
use outlet::Outlet;
use prepare::PreparedRequest;
use scan::Scan;
use shared_snapshot::{SharedReading, SharedSnapshot};
use std::collections::BTreeSet;

/// The indices of one cluster as a data source.
pub struct ElasticSource {
    connection: Connection,
    mappings: Mappings,
    /// The point in time of the run.
    shared: SharedSnapshot,
    /// Fields that will be asked for, so that their mappings are asked for together.
    expected: BTreeSet<String>,
}

impl ElasticSource {
    /// Prepares the connection to a cluster. Sends nothing yet.
    pub fn new(config: ElasticConfig) -> Result<Self, SourceError> {
        Ok(Self {
            connection: Connection::new(config)?,
            mappings: Mappings::default(),
            shared: SharedSnapshot::default(),
            expected: BTreeSet::new(),
        })
    }

    /// The same, with the fields that will be asked for.
    #[must_use]
    pub fn expecting(mut self, fields: Fields) -> Self {
        if let Fields::These(fields) = fields {
            self.expected = fields.iter().filter(|field| !field.starts_with('_')).cloned().collect();
        }
        self
    }

    /// The product and version of the server.
    pub fn server(&self, context: &FetchContext) -> Result<Server, SourceError> {
        self.connection.server(context).cloned().map_err(|f| self.connection.explain(&f))
    }

    /// What `huntc doctor` shows: server, indices, number of records, the time they cover, and the mappings of these fields.
    pub fn probe(&self, fields: &[String], context: &FetchContext) -> Result<Survey, SourceError> {
        // A wrong address is told at once, also where a part would do.
        let whole = FetchContext { allow_partial: false, ..context.clone() };
        let survey = self.connection.server(&whole).and_then(|_| survey::survey(&self.connection, &self.mappings, fields, context));
        survey.map_err(|f| self.connection.explain(&f))
    }

    /// What a reading needs.
    fn reading(&self) -> SharedReading<'_> {
        SharedReading { connection: &self.connection, mappings: &self.mappings, snapshot: &self.shared }
    }

    /// The fields of which a request needs the mappings, and those that others will need.
    fn fields_of(&self, request: &BoundRequest) -> BTreeSet<String> {
        let mut fields = prepare::fields_of(request);
        fields.extend(self.expected.iter().cloned());
        fields
    }

    /// Opens the point in time while the mappings are asked for: the first search needs both, and neither needs the other.
    fn begin(&self, request: &BoundRequest, context: &FetchContext) -> Result<(), Fault> {
        if !self.connection.server(context)?.has_shard_doc() || self.shared.is_open() {
            return Ok(());
        }
        std::thread::scope(|scope| {
            // What goes wrong is told where the point in time is needed.
            scope.spawn(|| self.reading().open_beside_mappings(context));
            self.mappings.of(&self.connection, context, &self.fields_of(request)).map(drop)
        })
    }

    /// Prepares a request for the server's mappings.
    fn prepare(&self, request: &BoundRequest, context: &FetchContext, simple: bool) -> Result<PreparedRequest, Fault> {
        let server = self.connection.server(context)?;
        let indices = self.mappings.of(&self.connection, context, &self.fields_of(request))?;
        PreparedRequest::new(request, &indices, server, simple)
    }

    /// Runs with a prepared request. Prepares it again when the mappings changed, and without patterns when they are too complex.
    fn with_prepared<T>(
        &self,
        request: &BoundRequest,
        context: &FetchContext,
        mut run: impl FnMut(&PreparedRequest) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (mut simple, mut fresh) = (false, false);
        loop {
            match run(&self.prepare(request, context, simple)?) {
                Err(fault) if fault.kind == FaultKind::TooComplex && !simple => simple = true,
                Err(fault) if matches!(fault.kind, FaultKind::MappingClash | FaultKind::Uncovered) && !fresh => {
                    fresh = true;
                    self.mappings.forget();
                }
                result => return result,
            }
        }
    }

    fn read(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, Fault> {
        let mut names = Vec::new();
        let parts = in_halves(request, |part| {
            self.with_prepared(part, context, |prepared| {
                names = prepared.wanted().map(str::to_owned).collect();
                if prepared.nothing { Ok(prepared.builder()) } else { Scan::new(self.reading(), context, prepared).all() }
            })
        })?;
        let several = parts.len() > 1;
        let joined = |mut all: RecordsBuilder, part| {
            all.append(part);
            all
        };
        let all = parts.into_iter().reduce(joined).unwrap_or_else(|| RecordsBuilder::new(0, false));
        let mut records = all.finish(names.iter().map(String::as_str));
        if several {
            records.each_once();
        }
        Ok(records)
    }

    /// As [`Self::read`], part by part.
    fn streamed(&self, request: &BoundRequest, context: &FetchContext, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let mut refused = None;
        let mut sink = OnceEach::new(sink);
        let read = in_halves(request, |part| {
            sink.several = !std::ptr::eq(part, request);
            self.with_prepared(part, context, |prepared| {
                let mut outlet = Outlet::parts(&mut sink, prepared.wanted().map(str::to_owned).collect());
                self.keep_reading(prepared, context);
                let read = if prepared.nothing {
                    outlet.begin(prepared.builder());
                    outlet.take(prepared.builder())
                } else {
                    Scan::new(self.reading(), context, prepared).run(&mut outlet)
                };
                refused = outlet.refused();
                read
            })?;
            sink.end().map_err(|error| {
                refused = Some(error);
                Fault::spent(Spent::Cancelled)
            })
        });
        match (refused, read) {
            (Some(refused), Err(_)) => Err(refused),
            (_, read) => read.map(drop).map_err(|fault| self.failed(&fault, context)),
        }
    }

    /// The error of a reading. One that was interrupted is the last of its run.
    fn failed(&self, fault: &Fault, context: &FetchContext) -> SourceError {
        if fault.kind == FaultKind::Spent(Spent::Cancelled) {
            self.shared.close(&self.connection, context);
        }
        self.connection.explain(fault)
    }
}

impl Drop for ElasticSource {
    fn drop(&mut self) {
        self.shared.close(&self.connection, &FetchContext::default());
        self.connection.let_go_of_kept(&FetchContext::default());
    }
}

impl DataSource for ElasticSource {
    /// When a mapping allows no exact query, the answer has more records than the request asks for, never fewer.
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        let read = self.begin(request, context).and_then(|()| match request.enough {
            Some(enough) => {
                let parts = in_halves(request, |part| self.first(part, enough, context))?;
                Ok(parts.into_iter().reduce(|a, b| if a.is_empty() { b } else { a }).unwrap_or_default())
            }
            None => self.read(request, context),
        });
        read.map_err(|fault| self.failed(&fault, context))
    }

    fn stream(&self, request: &BoundRequest, context: &FetchContext, sink: &mut dyn Sink) -> Result<(), SourceError> {
        if request.enough.is_some() {
            sink.begin();
            sink.take(self.fetch(request, context)?)?;
            sink.end()
        } else {
            self.begin(request, context).map_err(|fault| self.failed(&fault, context))?;
            self.streamed(request, context, sink)
        }
    }

    fn indices(&self) -> Vec<String> {
        self.mappings.known().into_iter().collect()
    }

    fn passed_over(&self) -> Vec<(String, &'static str)> {
        self.mappings.passed_over()
    }

    fn moment(&self) -> u64 {
        self.shared.moment()
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        // A record that two halves find counts twice.
        let counts = in_halves(request, |part| self.total(part, context));
        counts.map(|counts| counts.into_iter().sum()).map_err(|f| self.connection.explain(&f))
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        self.sampled(request, most, context).map_err(|f| self.connection.explain(&f))
    }

    fn tally(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, SourceError> {
        self.tallied(asked, context).map_err(|f| self.connection.explain(&f))
    }

    fn tuples(&self, asked: &TupleRequest<'_>, context: &FetchContext) -> Result<Option<Tuples>, SourceError> {
        let counted = self.begin(asked.request, context).and_then(|()| self.counted_tuples(asked, context));
        counted.map_err(|f| self.connection.explain(&f))
    }

    fn seen_at(&self, asked: &TupleRequest<'_>, millis: &[i64], context: &FetchContext) -> Result<Option<Records>, SourceError> {
        let read = self.begin(asked.request, context).and_then(|()| self.counted_at(asked, millis, context));
        read.map_err(|f| self.connection.explain(&f))
    }

    fn exact_count(&self, request: &BoundRequest, context: &FetchContext) -> Result<Option<u64>, SourceError> {
        let counted = self.begin(request, context).and_then(|()| self.number_of(request, context));
        counted.map_err(|f| self.connection.explain(&f))
    }

    fn documents(&self, wanted: &[WantedRecord], context: &FetchContext) -> Result<RecordDocuments, SourceError> {
        self.documents_of(wanted, context).map_err(|f| self.connection.explain(&f))
    }

    fn location(&self) -> String {
        self.connection.config.location()
    }
}
