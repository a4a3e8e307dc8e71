//! What several tests share.

pub(crate) mod cli;
pub(crate) mod http;
pub(crate) mod pandas;
pub(crate) mod random;
pub(crate) mod servers;
pub(crate) mod stub;
