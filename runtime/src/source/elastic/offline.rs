//! Reads records from a mapping and an answer of a server, without the server. For fuzzing, which needs the private
//! parts of this folder.

use super::answer::Answer;
use super::client::Reply;
use super::detect::{self, Answered};
use super::fault::{Fault, FaultKind};
use super::mapping::MappingAnswers;
use super::one_pass;
use super::prepare::{self, PreparedRequest};
use super::server::{Product, Server};
use super::survey;
use crate::source::Records;
use crate::source::repair::Repaired;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Query};
use reqwest::header::HeaderMap;
use serde_json::value::RawValue;
use std::time::Duration;

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
    let mut builder = prepared.builder();
    let mark = builder.mark();
    let mut mended = Repaired::default();
    if let Some((answer, _)) = one_pass::read(body, &prepared, &mut builder) {
        answer.whole()?;
    } else {
        builder.back_to(mark);
        let answer = Answer::read(body, &mut mended)?;
        answer.whole()?;
        prepared.take(&answer.hits.hits, &mut builder)?;
    }
    Ok(builder.finish(prepared.wanted()))
}

/// The answers of a server to what is asked before a search.
pub struct FirstAnswers<'a> {
    /// To `_nodes/_local`.
    pub nodes: &'a [u8],
    /// To `/`.
    pub root: &'a [u8],
    /// To `_mapping/field` and `_mapping`, or to `_field_caps`; each is read as all of them.
    pub mapping: &'a [u8],
    /// To the aggregations of `huntc doctor`.
    pub aggregations: &'a [u8],
}

/// What a request becomes for a server with these answers: a query that finds at least the records that are meant, and one that
/// finds only such. The error says why there is none.
pub fn prepare_offline(request: &BoundRequest, answers: &FirstAnswers<'_>) -> Result<[String; 2], String> {
    let server = detect::detect(Duration::ZERO, |call| {
        let body = if call.path.is_empty() { answers.root } else { answers.nodes };
        Ok(Answered::reply(Reply { headers: HeaderMap::new(), body: body.to_vec() }))
    });
    let server = server.map_err(|fault| fault.reason)?;
    if let Ok(aggregations) = serde_json::from_slice::<&RawValue>(answers.aggregations) {
        survey::read(aggregations);
    }
    let json = serde_json::from_slice(answers.mapping).map_err(|e| e.to_string())?;
    let fields = prepare::fields_of(request);
    let indices = MappingAnswers::everything(&json, &fields);
    survey::traps(&fields.into_iter().collect::<Vec<_>>(), &indices);
    let prepared = PreparedRequest::new(request, &indices, &server, false).map_err(|fault| fault.reason)?;
    Ok([prepared.query.get().to_owned(), prepared.sure.get().to_owned()])
}
