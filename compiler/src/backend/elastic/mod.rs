//! Elasticsearch and OpenSearch query DSL over ECS: plan nodes to requests.
//!
//! [`lower`] makes a node's request, [`predicate`] a condition on one slot, [`leaf`] one comparison on one field;
//! [`query`] is the DSL itself, [`show`] prints requests for people.

pub mod leaf;
pub mod lower;
mod predicate;
pub mod query;
pub mod request;
pub mod show;
