//! Events in each wrapping, and real ones against what winlogbeat's pipelines make of them.

mod clocks;
mod evtx_writer;
mod strange;
mod twins;
mod wrappings;
