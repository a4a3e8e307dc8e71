//! Whole huntflows through the parser and the checker.
#![allow(clippy::panic)]

mod cases;
mod codes;
mod forms;
mod pages;
mod text;
mod windows;

use super::hir::Hunt;
use crate::catalog::Catalog;
use crate::diag::{Diagnostic, Sink};
use crate::options::{AnalyticProfile, Options, SourceProfile};
use crate::program::{check, parse};
use crate::source::SourceSet;
use crate::time::{Instant, SECOND};

/// A text after checking.
pub(super) struct Checked {
    pub(super) text: String,
    pub(super) hunt: Option<Hunt>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Options at a fixed instant, with a cluster, a source that distinguishes case, and a declared analytic.
pub(super) fn options() -> Options {
    let mut options = Options::at(Instant::parse("2024-01-01T00:00:00Z").unwrap_or(Instant(0)));
    let profile = |name: &str, default_window, like_case_sensitive| SourceProfile {
        name: name.into(),
        cluster: None,
        default_window,
        like_case_sensitive,
    };
    options.sources = vec![
        profile("cluster101", Some(300 * SECOND), false),
        profile("cluster102", Some(3600 * SECOND), false),
        profile("sensitive", None, true),
    ];
    options.analytics = vec![AnalyticProfile { uri: "docker://enrichdomain".into(), outputs: Some(vec!["x_domain_name".into()]) }];
    options
}

pub(super) fn checked_with(text: &str, options: &Options) -> Checked {
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunt.hf", text);
    let mut sink = Sink::new(options.lints.clone());
    let program = parse(&sources, id, &mut sink);
    let hunt = check(&program, &sources, Catalog::builtin(), options, &mut sink);
    assert_eq!(hunt.is_none(), sink.has_errors(), "no hunt iff there are errors:\n{text}");
    Checked { text: text.to_owned(), hunt, diagnostics: sink.finish() }
}

pub(super) fn checked(text: &str) -> Checked {
    checked_with(text, &options())
}

impl Checked {
    /// Code and underlined text of every diagnostic but those of unused variables.
    pub(super) fn found(&self) -> Vec<(&str, &str)> {
        let told = self.diagnostics.iter().filter(|d| d.code.id != "K0102");
        told.map(|d| (d.code.id, &self.text[d.primary.span.start as usize..d.primary.span.end as usize])).collect()
    }

    /// The hunt as text, which must be free of errors.
    pub(super) fn shown(&self) -> String {
        let messages: Vec<_> = self.diagnostics.iter().map(|d| format!("{} {}", d.code.id, d.message)).collect();
        let hunt = self.hunt.as_ref().unwrap_or_else(|| panic!("{}\n{}", self.text, messages.join("\n")));
        text::hunt(hunt, Catalog::builtin())
    }

    /// The text with every first pasteable help of an error applied, from the end to the start.
    pub(super) fn fixed(&self) -> String {
        let mut text = self.text.clone();
        let mut fixes: Vec<_> = self.diagnostics.iter().filter_map(|d| d.helps.iter().find_map(|h| h.replace.clone())).collect();
        fixes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        for (span, with) in fixes {
            text.replace_range(span.start as usize..span.end as usize, &with);
        }
        text
    }
}
