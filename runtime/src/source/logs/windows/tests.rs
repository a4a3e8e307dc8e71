//! Events in each wrapping, and real ones against what winlogbeat's pipelines make of them.

mod binary;
mod clocks;
mod damage;
mod evtx_writer;
mod others;
mod reading;
mod rows;
mod same_event;
mod seeds;
mod strange;
mod twins;
mod wrappings;
