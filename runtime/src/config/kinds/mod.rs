//! Kinds of data sources: one file each, and one entry in [`KINDS`].

pub mod cluster;
pub mod files;
mod kind;
mod several;
pub mod store;

pub use kind::{OpenedSource, ResolvedSource, SourceFacts, SourceKind};
pub(super) use several::joined;

use super::reader::{Document, Located, TomlTable};
use kind::Form;
use std::path::PathBuf;
use std::sync::Arc;

/// Every kind. The first one that takes a path or an address has it; a path that nothing else takes is one of log files.
const KINDS: [&Form; 3] = [&cluster::FORM, &store::FORM, &files::FORM];

/// Keys that a table `[sources.NAME]` with `uri` may have besides those of all sources.
pub(super) fn address_keys() -> impl Iterator<Item = &'static str> {
    let keys = |form: &&'static Form| if let Form::Address { keys, .. } = form { *keys } else { &[] };
    KINDS.iter().flat_map(move |form| keys(form).iter().copied())
}

/// Whether a text is meant as an address, and not as a path.
pub(super) fn is_address(text: &str) -> bool {
    KINDS.iter().any(|form| if let Form::Address { takes, .. } = form { takes(text) } else { false })
}

/// What an address behind `--source NAME=` stands for; none where no kind takes the text. The error says what is wrong.
pub(super) fn of_flag(text: &str) -> Option<Result<Arc<dyn SourceKind>, String>> {
    KINDS.iter().find_map(|form| match form {
        Form::Address { takes, of_flag, .. } if takes(text) => Some(of_flag(text)),
        _ => None,
    })
}

/// What `uri` stands for, with the keys beside it; faults are put into the document. What no kind takes, a cluster refuses.
pub(super) fn of_table(uri: &Located<&str>, table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<Arc<dyn SourceKind>> {
    let of_table = KINDS.iter().find_map(|form| match form {
        Form::Address { takes, of_table, .. } if takes(uri.value) => Some(*of_table),
        _ => None,
    });
    of_table.unwrap_or(cluster::of_table)(uri, table, document)
}

/// What a path stands for.
pub(super) fn of_path(path: PathBuf) -> Arc<dyn SourceKind> {
    let make = KINDS.iter().find_map(|form| match form {
        Form::Path { takes, make } if takes(&path) => Some(*make),
        _ => None,
    });
    make.unwrap_or(|path| Arc::new(files::LogFiles(vec![path])))(path)
}
