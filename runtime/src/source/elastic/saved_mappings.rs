//! The mappings of a cluster's indices as a file, by which requests are made without the server.

use super::answer::FILTER;
use super::body::{MatchAll, SearchBody, SourceFilter, page_order};
use super::connection::encode;
use super::fault::{Fault, FaultKind};
use super::mapping::{FieldKind, FieldMapping, Indices};
use super::message;
use super::prepare::PreparedRequest;
use super::server::{Product, Server};
use super::{ElasticConfig, ElasticSource};
use crate::source::{FetchContext, SourceError};
use huntc_compiler::request::BoundRequest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The mappings of a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedMappings {
    product: Product,
    version: Option<String>,
    /// The index expression.
    expression: String,
    page_size: usize,
    /// The fields that were asked for. Those that no group names are missing in it.
    fields: BTreeSet<String>,
    groups: Vec<IndexGroup>,
}

/// Indices with equal mappings.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct IndexGroup {
    indices: Vec<String>,
    fields: BTreeMap<String, FieldMapping>,
}

/// What a server would get for a request.
#[derive(Clone, Debug)]
pub struct SavedRequest {
    /// Whether no index can have a record that is meant, so that nothing is sent.
    pub nothing: bool,
    /// Path and query of the search.
    pub path: String,
    /// The body of its first page; the point in time is left out.
    pub body: Value,
}

impl ElasticSource {
    /// The mappings of these fields, to be saved.
    pub fn mappings(&self, fields: &BTreeSet<String>, context: &FetchContext) -> Result<SavedMappings, SourceError> {
        let connection = &self.connection;
        let server = connection.server(context).map_err(|f| connection.explain(&f))?;
        let indices = self.mappings.of(connection, context, fields).map_err(|f| connection.explain(&f))?;
        let mut groups: BTreeMap<BTreeMap<String, FieldMapping>, Vec<String>> = BTreeMap::new();
        let plain = FieldMapping::of(FieldKind::Missing);
        for (index, mapped) in &*indices {
            let told = mapped.iter().filter(|(field, mapping)| fields.contains(*field) && **mapping != plain);
            groups.entry(told.map(|(f, m)| (f.clone(), m.clone())).collect()).or_default().push(index.clone());
        }
        Ok(SavedMappings {
            product: server.product,
            version: server.version.clone(),
            expression: connection.config.indices.clone(),
            page_size: connection.config.page_size,
            fields: fields.clone(),
            groups: groups.into_iter().map(|(fields, indices)| IndexGroup { indices, fields }).collect(),
        })
    }
}

impl SavedMappings {
    /// What the server would get for a request of the source `name`. An error tells why a hunt would fail.
    pub fn request(&self, name: &str, request: &BoundRequest) -> Result<SavedRequest, SourceError> {
        self.prepared(request).map_err(|fault| {
            let config = ElasticConfig::new(name, "http://localhost", &self.expression);
            config.map_or_else(|error| error, |config| message::of(&config, &fault))
        })
    }

    fn prepared(&self, request: &BoundRequest) -> Result<SavedRequest, Fault> {
        let server = Server { product: self.product, version: self.version.clone() };
        let prepared = PreparedRequest::new(request, &self.indices(), &server, false)?;
        let from_index = prepared.index_fields()?;
        let body = SearchBody {
            size: self.page_size,
            track_total_hits: true,
            sort: page_order(self.product),
            search_after: None,
            pit: None,
            slice: None,
            query: &prepared.query,
            aggs: None,
            post_filter: MatchAll::behind(self.product),
            source: SourceFilter { includes: &prepared.includes },
            docvalue_fields: &from_index.doc_values,
            fields: &from_index.fields,
        };
        let body = serde_json::to_value(&body).map_err(|e| Fault::new(FaultKind::Rejected, e.to_string()))?;
        let path = format!("/{}/_search?allow_partial_search_results=false&{FILTER}", encode(&self.expression));
        Ok(SavedRequest { nothing: prepared.nothing, path, body })
    }

    fn indices(&self) -> Indices {
        let plain = FieldMapping::of(FieldKind::Missing);
        let all = self.groups.iter().flat_map(|group| group.indices.iter().map(move |index| (index, group)));
        let mapped = |group: &IndexGroup| {
            let mapping = |field: &String| group.fields.get(field).unwrap_or(&plain).clone();
            self.fields.iter().map(|field| (field.clone(), mapping(field))).collect()
        };
        all.map(|(index, group)| (index.clone(), mapped(group))).collect()
    }
}
