//! Elasticsearch and OpenSearch as a data source.

mod answer;
mod client;
mod clock;
mod columns;
mod config;
mod document;
mod fault;
mod link;
mod message;
mod prepare;
mod product;
mod retry;
mod scan;
mod snapshot;

pub use config::{Auth, ElasticConfig};
pub use product::{Product, Server};

use super::{DataSource, FetchContext, Records, SourceError};
use answer::{Answer, FILTER};
use fault::{Fault, Kind};
use huntc_compiler::backend::elastic::request::BoundRequest;
use link::Link;
use prepare::Prepared;
use scan::Scan;
use serde::Serialize;
use serde_json::value::RawValue;

/// The indices of one cluster.
pub struct ElasticSource {
    link: Link,
}

impl ElasticSource {
    /// Sets up the way to a cluster; nothing is sent yet.
    pub fn new(config: ElasticConfig) -> Result<Self, SourceError> {
        Ok(Self { link: Link::new(config)? })
    }

    /// Which server it is.
    pub fn server(&self, context: &FetchContext) -> Result<Server, SourceError> {
        self.link.server(context).cloned().map_err(|f| self.link.explain(&f))
    }

    fn read(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, Fault> {
        let prepared = Prepared::new(request, request.query.clone())?;
        let builder = Scan::new(&self.link, context, &prepared).run()?;
        Ok(builder.finish(prepared.wanted()))
    }

    fn total(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, Fault> {
        #[derive(Serialize)]
        struct Body<'a> {
            size: usize,
            track_total_hits: bool,
            query: &'a RawValue,
        }
        let prepared = Prepared::new(request, request.query.clone())?;
        let path = format!("{}/_search?allow_partial_search_results=false&allow_no_indices=false&{FILTER}", self.link.indices());
        let call = self.link.post(path, &Body { size: 0, track_total_hits: true, query: &prepared.query }, "a count")?;
        self.link.send(&call, context, |reply| {
            let answer = Answer::read(&reply.body)?;
            answer.whole()?;
            let total = answer.hits.total.filter(|t| t.relation == "eq").map(|t| t.value);
            total.ok_or_else(|| Fault::new(Kind::Malformed, "the answer has no total"))
        })
    }
}

impl DataSource for ElasticSource {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        self.read(request, context).map_err(|f| self.link.explain(&f))
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.total(request, context).map_err(|f| self.link.explain(&f))
    }

    fn location(&self) -> String {
        self.link.config.location()
    }
}
