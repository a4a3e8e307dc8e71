//! From a mapping and an answer of a server to records, without the server: for fuzzing, which needs the inside of this room.

use super::answer::Answer;
use super::fault::{Fault, FaultKind};
use super::mapping::MappingAnswers;
use super::prepare::{self, PreparedRequest};
use super::server::{Product, Server};
use crate::source::Records;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Query};

/// The records of a search answer whose index answered like this to `_mapping`, `_mapping/field` and `_field_caps`; what
/// was wrong where there are none.
pub fn read_offline(catalog: &Catalog, mapping: &[u8], body: &[u8], fields: &[&str]) -> Result<Records, String> {
    let request = BoundRequest::of(catalog, Query::exists("a"), fields.iter().copied());
    records(mapping, body, &request).map_err(|f| f.reason)
}

fn records(mapping: &[u8], body: &[u8], request: &BoundRequest) -> Result<Records, Fault> {
    let json = serde_json::from_slice(mapping).map_err(|e| Fault::new(FaultKind::Malformed, e.to_string()))?;
    let indices = MappingAnswers::everything(&json, &prepare::fields_of(request));
    let server = Server { product: Product::Elasticsearch, version: None };
    let prepared = PreparedRequest::new(request, &indices, &server, false)?;
    let answer = Answer::read(body)?;
    answer.whole()?;
    let mut builder = prepared.builder();
    prepared.take(&answer.hits.hits, &mut builder)?;
    Ok(builder.finish(prepared.wanted()))
}
