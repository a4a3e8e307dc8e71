//! `--source NAME=URI`: a file, a folder of files, a store, or the address of a cluster.

use super::address::Address;
use super::binding::{Binding, ClusterProfile, Kind, Origin};
use crate::source::store::Store;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::BAD_SOURCE;
use huntc_compiler::source::{SourceSet, Span};
use std::path::{Path, PathBuf};

/// Reads one flag.
pub(super) fn source(flag: &str, sources: &mut SourceSet) -> Result<Binding, Box<Diagnostic>> {
    let (name, uri) = flag.split_once('=').unwrap_or(("", flag));
    let span = place(name, uri, sources);
    let unhelped = |headline: String| Diagnostic::new(&BAD_SOURCE, span, headline).label("binds nothing");
    let bad = |headline: String| Box::new(unhelped(headline).help("`--source host101=events.ndjson.gz`"));
    let name = super::source_name(name);
    if name.is_empty() || uri.is_empty() {
        return Err(bad("`--source` takes `NAME=URI`".to_owned()));
    }
    let kind = if is_address(uri) {
        let address = Address::parse(uri).map_err(|e| bad(format!("the address of `{name}` cannot be read: {e}")))?;
        let (url, indices) = address.split();
        let mut profile = ClusterProfile::new(url, indices);
        if let Some(auth) = address.auth {
            profile.auth = auth;
        }
        Kind::Cluster(Box::new(profile))
    } else if uri.contains("://") && !Path::new(uri).exists() {
        return Err(bad(format!("the address of `{name}` begins with neither `https://` nor `http://`")));
    } else {
        let path = PathBuf::from(uri);
        if let Err(error) = std::fs::metadata(&path) {
            let problem = unhelped(format!("`{uri}` cannot be read")).note(format!("the reason: {error}"));
            return Err(Box::new(
                problem.help("name a log file, a folder of them, a store, or the `https://` address of a cluster"),
            ));
        }
        local_kind(path)
    };
    Ok(Binding { name, kind, origin: Origin::Flag, default_window: None, like_case_sensitive: false })
}

/// Whether a text is meant as the address of a cluster.
pub(super) fn is_address(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(s, _)| s.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// A path is a store where it has a store's manifest, else log files.
pub(super) fn local_kind(path: PathBuf) -> Kind {
    if Store::is_store(&path) { Kind::Store(path) } else { Kind::Files(path) }
}

/// The flag as a source text for diagnostics, without what may be a secret.
fn place(name: &str, uri: &str, sources: &mut SourceSet) -> Span {
    let shown = if is_address(uri) { "https://…" } else { uri };
    let text = if name.is_empty() { format!("--source {shown}") } else { format!("--source {name}={shown}") };
    let length = text.len();
    Span::new(sources.add_text("command line", text), "--source ".len(), length)
}
