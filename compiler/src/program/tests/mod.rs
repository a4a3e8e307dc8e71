//! Tests of the front end as a whole.
#![allow(clippy::unwrap_used, clippy::panic)]

mod accepts;
mod formats;
mod generate;
mod keywords;
mod notebooks;
mod pages;
mod phrases;
mod properties;
mod rejects;

use super::Program;
use super::parse::read;
use crate::diag::Diagnostic;
use crate::source::SourceId;

/// Program and diagnostics of a text.
fn parse(text: &str) -> (Program, Vec<Diagnostic>) {
    read(SourceId(0), text)
}

/// The program of a text that must be fine.
fn good(text: &str) -> Program {
    let (program, diagnostics) = parse(text);
    assert!(diagnostics.is_empty(), "{text}\n{}", show(text, &diagnostics));
    program
}

/// `CODE "text under the span" message` a line.
fn show(text: &str, diagnostics: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let span = d.primary.span;
        let helps: Vec<String> = d
            .helps
            .iter()
            .map(|h| format!("{}{}", h.text, h.replace.as_ref().map_or(String::new(), |(_, w)| format!(" ⇒ {w}"))))
            .collect();
        format!(
            "{} {:?} {} | {} | {}",
            d.code.id,
            &text[span.start as usize..span.end as usize],
            d.message,
            d.primary.text,
            helps.join("; ")
        )
    };
    diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}
