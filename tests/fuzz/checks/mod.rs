//! What must hold whatever the bytes are; one file for each target. The suite replays the corpora through the same
//! functions.
#![allow(clippy::expect_used, clippy::missing_panics_doc, clippy::panic, clippy::unwrap_used, unreachable_pub)]

pub mod analytics;
pub mod answer;
pub mod bundle;
pub mod configuration;
pub mod formats;
pub mod huntflow;
pub mod load;
pub mod log;
pub mod mapping;
pub mod mended;
pub mod notebook;
pub mod pattern;
pub mod state;
pub mod store;
pub mod suppressions;
pub mod windows;

mod json;
mod stored;
