//! What LOAD and SAVE of a huntflow may use, and the types of the files that it loads: the compiler reads no files, so
//! their `type` column is looked at before.

use super::input;
use crate::config::Config;
use crate::files;
use huntc_compiler::diag::Sink;
use huntc_compiler::program::{self, Command};
use huntc_compiler::source::{SourceId, SourceSet};
use std::path::PathBuf;

/// Folders that LOAD and SAVE may use.
pub(super) fn roots(file: &str, config: &Config) -> Vec<PathBuf> {
    if config.run.roots.is_empty() { vec![PathBuf::from("."), input::folder(file)] } else { config.run.roots.clone() }
}

/// The type of each file of a LOAD without AS, by the path as written; files that cannot be read have none.
pub(super) fn types(file: &str, id: SourceId, sources: &SourceSet, config: &Config) -> Vec<(String, String)> {
    // Nearly no huntflow loads anything: the text is read twice only where one does.
    if !sources.get(id).text.to_ascii_uppercase().contains("LOAD") {
        return Vec::new();
    }
    let program = program::parse(sources, id, &mut Sink::default());
    let (folder, roots) = (input::folder(file), roots(file, config));
    let place = files::Place { folder: &folder, roots: &roots };
    let untyped = program.statements.iter().filter_map(|statement| match &statement.command {
        Command::Load(load) if load.entity.is_none() => Some(&load.path.text),
        _ => None,
    });
    untyped.filter_map(|path| Some((path.clone(), files::entity_type(path, &place)?))).collect()
}
