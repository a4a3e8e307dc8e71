//! Reads records from a mapping and an answer of a server, without the server. For fuzzing, which needs the private
//! parts of this folder.

use super::answer::Answer;
use super::fault::{Fault, FaultKind};
use super::mapping::MappingAnswers;
use super::prepare::{self, PreparedRequest};
use super::server::{Product, Server};
use crate::source::Records;
use crate::source::repair::Repaired;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Query};

/// The records of a search answer `body`. `mapping` is taken as the answer of its index to `_mapping`, `_mapping/field`
/// and `_field_caps`. The error says why there are no records.
pub fn read_offline(catalog: &Catalog, mapping: &[u8], body: &[u8], fields: &[&str]) -> Result<Records, String> {
    let request = BoundRequest::of(catalog, Query::exists("a"), fields.iter().copied());
    records(mapping, body, &request).map_err(|f| f.reason)
}

fn records(mapping: &[u8], body: &[u8], request: &BoundRequest) -> Result<Records, Fault> {
    let json = serde_json::from_slice(mapping).map_err(|e| Fault::new(FaultKind::Malformed, e.to_string()))?;
    let indices = MappingAnswers::everything(&json, &prepare::fields_of(request));
    let server = Server { product: Product::Elasticsearch, version: None };
    let prepared = PreparedRequest::new(request, &indices, &server, false)?;
    let mut mended = Repaired::default();
    let answer = Answer::read(body, &mut mended)?;
    answer.whole()?;
    let mut builder = prepared.builder();
    prepared.take(&answer.hits.hits, &mut builder)?;
    Ok(builder.finish(prepared.wanted()))
}
