//! Elasticsearch and OpenSearch query DSL over ECS.

pub mod query;
pub mod request;
