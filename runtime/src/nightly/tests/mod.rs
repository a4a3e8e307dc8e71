//! Tests of nights, with an engine and a clock of their own.

#![allow(clippy::unwrap_used, clippy::panic)]

mod feeds;
mod kills;
mod nights;
mod notices;
mod receivers;
mod world;
