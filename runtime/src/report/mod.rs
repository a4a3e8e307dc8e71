//! Reports: what a run found, as JSON, CSV and text. Log data is hostile: every sink neutralises it.

pub mod model;
