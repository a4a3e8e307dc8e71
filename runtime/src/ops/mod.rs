//! Operators on tables, one in each file. None of them asks a source.

pub mod compute;
pub mod describe;
pub mod filter;
pub mod group;
pub mod join;
pub mod new;
pub mod observe;
pub mod order;
#[cfg(test)]
mod testing;
pub mod union;
