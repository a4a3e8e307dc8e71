//! Elasticsearch and OpenSearch over ECS: plan nodes to requests.
//!
//! [`lower`] makes a node's request, [`predicate`] a condition on one slot, [`leaf`] one comparison on one field;
//! [`show`] prints requests for people.

mod leaf;
pub mod lower;
mod lowered;
mod predicate;
pub mod show;
