//! What several tests share.

pub mod http;
pub mod servers;
pub mod stub;
