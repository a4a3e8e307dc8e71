//! Renders diagnostics in the requested format. The renderers make hostile characters harmless.

use crate::report::sanitize::json_text;
use crate::report::sarif::SarifLog;
use huntc_compiler::diag::{Diagnostic, render_github, render_json, render_text};
use huntc_compiler::source::SourceSet;

/// `--format` of diagnostics.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum DiagnosticFormat {
    /// For people.
    #[default]
    Text,
    /// One array of objects.
    Json,
    /// Annotations of a workflow on GitHub.
    Github,
    /// A log of SARIF 2.1.0.
    Sarif,
}

/// All diagnostics in a format; `colors` is for text only.
pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceSet, format: DiagnosticFormat, colors: bool) -> String {
    match format {
        DiagnosticFormat::Text => render_text::render(diagnostics, sources, colors),
        DiagnosticFormat::Json => json_text(&render_json::render(diagnostics, sources)).into_owned(),
        DiagnosticFormat::Github => render_github::render(diagnostics, sources),
        DiagnosticFormat::Sarif => SarifLog::of_check(diagnostics, sources).text(),
    }
}
