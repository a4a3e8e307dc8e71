//! Text patterns: LIKE and MATCHES, matched locally and printed for Lucene.

pub mod like;
pub mod regex;
