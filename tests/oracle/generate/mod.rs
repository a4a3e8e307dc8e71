//! Random documents and random hunts, small and nasty, from a seed.

mod beside;
mod computed;
pub(crate) mod counted;
pub(crate) mod documents;
pub(crate) mod hunt;
mod more;
mod parameters;
mod pattern;
mod statement;

pub(crate) use crate::support::random::Rng;
