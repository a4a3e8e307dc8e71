//! The file of `huntc doctor --save`: mappings of sources, by which `huntc check` and `huntc compile` see requests as the
//! servers would get them, without asking.

use super::console::Console;
use super::exit::ExitCode;
use crate::own_files;
use crate::session::{Huntflow, RunSettings, ready};
use crate::source::elastic::{SavedMappings, SavedRequest};
use crate::source::{SourceError, regular_file};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::Compiled;
use huntc_compiler::diag::codes::config::{FILE_NOT_WRITTEN, UNREADABLE_FILE};
use huntc_compiler::diag::codes::elastic::{BAD_SAVED_MAPPINGS, NOTHING_MAPPED};
use huntc_compiler::diag::{Diagnostic, Sink};
use huntc_compiler::request::{BoundRequest, Query, RequestTemplate};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The version of the format.
const FORMAT: u32 = 1;

/// `--snapshot`
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct SnapshotArgs {
    /// Take the mappings of clusters from a file of `huntc doctor --save`: what they mean for the hunt is told without asking them
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
}

impl SnapshotArgs {
    /// The file, if one is given. Shows what is wrong with it; then the command must end.
    pub(super) fn read(&self, console: &mut Console) -> Result<Option<MappingFile>, ExitCode> {
        let Some(path) = &self.snapshot else { return Ok(None) };
        MappingFile::read(path).map(Some).map_err(|e| console.refuse(&e, &path.display().to_string(), ExitCode::Usage))
    }
}

/// The mappings of sources by their names.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MappingFile {
    huntc_mappings: u32,
    sources: BTreeMap<String, SavedMappings>,
}

impl MappingFile {
    pub(super) fn new(sources: BTreeMap<String, SavedMappings>) -> Self {
        Self { huntc_mappings: FORMAT, sources }
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), SourceError> {
        let text = serde_json::to_string(self).map_err(std::io::Error::from);
        text.and_then(|text| own_files::replace(path, |file| file.write_all(text.as_bytes()))).map_err(|e| {
            SourceError::new(&FILE_NOT_WRITTEN, "the mappings cannot be saved")
                .note(e.to_string())
                .help("give another path to `--save`")
        })
    }

    pub(super) fn read(path: &Path) -> Result<Self, SourceError> {
        let text = regular_file::read_text(path).map_err(|e| {
            SourceError::new(&UNREADABLE_FILE, "the file of `--snapshot` cannot be read")
                .note(format!("the reason: {e}"))
                .help("make it with `huntc doctor --save FILE`")
        })?;
        let bad = |why: String| {
            SourceError::new(&BAD_SAVED_MAPPINGS, "the file of `--snapshot` holds no mappings")
                .note(why)
                .help("make it anew with `huntc doctor --save FILE`")
        };
        let file: Self = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        if file.huntc_mappings == FORMAT {
            Ok(file)
        } else {
            Err(bad(format!("its format is {}, not {FORMAT}", file.huntc_mappings)))
        }
    }

    /// What the mappings mean for the statements of a hunt: those that would fail, and those that cannot find anything.
    pub(super) fn problems(&self, huntflow: &Huntflow, compiled: &Compiled, settings: &RunSettings) -> Vec<Diagnostic> {
        let mut sink = Sink::new(huntflow.config.lint_levels(&settings.lints));
        for template in compiled.requests(&huntflow.catalog).iter() {
            let Some((name, saved)) = self.source_of(template, compiled) else { continue };
            let span = compiled.plan.node(template.node).origin;
            let request = ready(template, &huntflow.catalog);
            // Of a request that waits for results, only what it reads is known.
            let all = || BoundRequest::of(&huntflow.catalog, Query::MatchAll, template.form.fields.clone());
            match saved.request(name, &request.clone().unwrap_or_else(all)) {
                Err(error) => {
                    sink.report(error.at(span));
                }
                Ok(SavedRequest { nothing: true, .. }) if request.is_some() => {
                    sink.report(
                        Diagnostic::new(
                            &NOTHING_MAPPED,
                            span,
                            format!("no index of `{name}` can have a record that this statement means"),
                        )
                        .label("always empty there")
                        .help(format!("`huntc doctor {name}` shows which fields the indices have")),
                    );
                }
                Ok(_) => {}
            }
        }
        sink.finish()
    }

    /// The requests as the servers would get them, one JSON object each, or as text for Kibana's console.
    pub(super) fn requests(&self, compiled: &Compiled, catalog: &Catalog, console: bool) -> Result<String, SourceError> {
        let mut out = String::new();
        for template in compiled.requests(catalog).iter() {
            let found = self.source_of(template, compiled).zip(ready(template, catalog));
            let sent = found.map(|((name, saved), request)| saved.request(name, &request)).transpose()?;
            let heading = format!("{:?}: {}", template.node, template.purpose);
            match sent {
                Some(sent) if console && sent.nothing => {
                    let _ = writeln!(out, "# {heading}\n# nothing is sent: no index can have such a record\n");
                }
                Some(sent) if console => {
                    let body = serde_json::to_string_pretty(&sent.body).unwrap_or_default();
                    let _ = writeln!(out, "# {heading}\nPOST {}\n{body}\n", sent.path);
                }
                None if console => {
                    let _ = writeln!(out, "# {heading}\n# it waits for results, or the snapshot lacks its source\n");
                }
                sent => {
                    let shown = json!({"node": format!("{:?}", template.node), "purpose": template.purpose, "request": shown(sent.as_ref())});
                    let _ = writeln!(out, "{}", serde_json::to_string_pretty(&shown).unwrap_or_default());
                }
            }
        }
        Ok(out)
    }

    fn source_of(&self, template: &RequestTemplate, compiled: &Compiled) -> Option<(&str, &SavedMappings)> {
        let source = compiled.plan.source(template.source)?;
        self.sources.get_key_value(&source.name).map(|(name, saved)| (name.as_str(), saved))
    }
}

/// Null for a request that waits for results, or whose source the snapshot lacks.
fn shown(sent: Option<&SavedRequest>) -> Value {
    sent.map_or(Value::Null, |sent| json!({"method": "POST", "path": sent.path, "body": sent.body, "sent": !sent.nothing}))
}
