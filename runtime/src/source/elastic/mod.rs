//! Elasticsearch and OpenSearch as a data source.

mod adapt;
mod answer;
mod answered;
mod auth;
mod client;
mod columns;
mod config;
mod document;
mod fault;
mod first;
mod link;
mod mapping;
mod message;
mod prepare;
mod product;
mod retry;
mod sample;
mod scan;
mod scroll;
mod snapshot;
mod survey;

#[doc(hidden)]
pub use answered::answered;
pub use auth::Auth;
pub use config::{ElasticConfig, decode_percent};
pub use product::{Product, Server};
pub use survey::{FieldSurvey, Survey, Trap};

use super::{DataSource, FetchContext, Records, Sample, SourceError};
use fault::{Fault, Kind};
use huntc_compiler::request::BoundRequest;
use link::Link;
use mapping::Mappings;
use prepare::Prepared;
use scan::Scan;

/// The indices of one cluster.
pub struct ElasticSource {
    link: Link,
    mappings: Mappings,
}

impl ElasticSource {
    /// Sets up the way to a cluster; nothing is sent yet.
    pub fn new(config: ElasticConfig) -> Result<Self, SourceError> {
        Ok(Self { link: Link::new(config)?, mappings: Mappings::default() })
    }

    /// Which server it is.
    pub fn server(&self, context: &FetchContext) -> Result<Server, SourceError> {
        self.link.server(context).cloned().map_err(|f| self.link.explain(&f))
    }

    /// What `huntc doctor` shows: server, indices, records, the time they cover, and how these fields are mapped.
    pub fn probe(&self, fields: &[String], context: &FetchContext) -> Result<Survey, SourceError> {
        survey::survey(&self.link, &self.mappings, fields, context).map_err(|f| self.link.explain(&f))
    }

    /// The request made ready for what the server has.
    fn prepare(&self, request: &BoundRequest, context: &FetchContext, simple: bool) -> Result<Prepared, Fault> {
        let server = self.link.server(context)?;
        let indices = self.mappings.of(&self.link, context, &prepare::fields_of(request))?;
        Prepared::new(request, &indices, server, simple)
    }

    /// Runs with a request made ready; again where the mappings changed, or without patterns where they are too complex.
    fn with_prepared<T>(
        &self,
        request: &BoundRequest,
        context: &FetchContext,
        run: impl Fn(&Prepared) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (mut simple, mut fresh) = (false, false);
        loop {
            match run(&self.prepare(request, context, simple)?) {
                Err(fault) if fault.kind == Kind::TooComplex && !simple => simple = true,
                Err(fault) if fault.kind == Kind::MappingClash && !fresh => {
                    fresh = true;
                    self.mappings.forget();
                }
                result => return result,
            }
        }
    }

    fn read(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, Fault> {
        self.with_prepared(request, context, |prepared| {
            let builder = if prepared.nothing { prepared.builder() } else { Scan::new(&self.link, context, prepared).run()? };
            Ok(builder.finish(prepared.wanted()))
        })
    }
}

impl DataSource for ElasticSource {
    /// A superset where a mapping allows no exact query: every record that the request asks for is in it.
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        let read = if request.first_only { self.first(request, context) } else { self.read(request, context) };
        read.map_err(|f| self.link.explain(&f))
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.total(request, context).map_err(|f| self.link.explain(&f))
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        self.sampled(request, most, context).map_err(|f| self.link.explain(&f))
    }

    fn location(&self) -> String {
        self.link.config.location()
    }
}
