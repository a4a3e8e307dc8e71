//! The kinds of data sources. Each has one file here, and one entry in [`KINDS`].

pub mod cluster;
mod explained;
pub mod files;
mod kind;
mod several;
pub mod store;
mod untrusted;
pub mod web_file;

pub(super) use explained::with_settings;
pub use kind::{OpenedSource, Opening, ResolvedSource, SourceFacts, SourceKind};
pub(super) use several::{joined, with_log_time_offset};

use super::reader::{Document, Located, TomlTable};
use kind::Form;
use std::path::PathBuf;
use std::sync::Arc;

/// All kinds. The first one that accepts a path or an address is used; the last one accepts every path.
const KINDS: [&Form; 3] = [&cluster::FORM, &store::FORM, &files::FORM];

/// The keys that `[sources.NAME]` with `uri` may have beside those of all sources.
pub(super) fn address_keys() -> impl Iterator<Item = &'static str> {
    let keys = |form: &&'static Form| if let Form::Address { keys, .. } = form { *keys } else { &[] };
    KINDS.iter().flat_map(move |form| keys(form).iter().copied())
}

/// The source that an address after `--source NAME=` names; `None` when no kind accepts the text. The error says what is wrong.
pub(super) fn of_flag(text: &str) -> Option<Result<Arc<dyn SourceKind>, String>> {
    KINDS.iter().find_map(|form| match form {
        Form::Address { takes, of_flag, .. } if takes(text) => Some(of_flag(text)),
        _ => None,
    })
}

/// The source that `uri` and the keys beside it name. Faults are reported in the document. A text that no kind accepts
/// is reported by the cluster's.
pub(super) fn of_table(uri: &Located<&str>, table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<Arc<dyn SourceKind>> {
    let of_table = KINDS.iter().find_map(|form| match form {
        Form::Address { takes, of_table, .. } if takes(uri.value) => Some(*of_table),
        _ => None,
    });
    of_table.unwrap_or(cluster::of_table)(uri, table, document)
}

/// The source as it stands in a file that is not trusted: it is not opened.
pub(super) fn untrusted(kind: Arc<dyn SourceKind>, file: PathBuf) -> Arc<dyn SourceKind> {
    Arc::new(untrusted::UntrustedSource { kind, file })
}

/// The source that a path names.
pub(super) fn of_path(path: PathBuf) -> Arc<dyn SourceKind> {
    let make = KINDS.iter().find_map(|form| match form {
        Form::Path { takes, make } if takes(&path) => Some(*make),
        _ => None,
    });
    make.unwrap_or(|path| Arc::new(files::LogFiles(vec![path])))(path)
}
