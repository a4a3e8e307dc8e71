//! The part of huntc that touches the world: data sources, execution, reports, the command line.

pub mod cli;
pub mod config;
pub mod demo;
pub mod report;
pub mod source;
