//! Back ends: plan nodes to requests.

pub mod elastic;
