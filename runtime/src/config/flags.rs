//! `--source NAME=URI`: a file, a folder of files, a store, or the address of a cluster.

use super::binding::{Binding, BindingOrigin};
use super::kinds;
use super::text::source_name;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::BAD_SOURCE;
use huntc_compiler::source::{SourceSet, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads one flag. A name that a flag before has bound stands for both.
pub(super) fn source(flag: &str, bound: &BTreeMap<String, Binding>, sources: &mut SourceSet) -> Result<Binding, Box<Diagnostic>> {
    let (name, uri) = flag.split_once('=').unwrap_or(("", flag));
    let span = place(name, uri, sources);
    let unhelped = |headline: String| Diagnostic::new(&BAD_SOURCE, span, headline).label("binds nothing");
    let bad = |headline: String| Box::new(unhelped(headline).help("`--source host101=events.ndjson.gz`"));
    let name = source_name(name);
    if name.is_empty() || uri.is_empty() {
        return Err(bad("`--source` takes `NAME=URI`".to_owned()));
    }
    let kind = if let Some(kind) = kinds::of_flag(uri) {
        kind.map_err(|e| bad(format!("the address of `{name}` cannot be read: {e}")))?
    } else if uri.contains("://") && !Path::new(uri).exists() {
        return Err(bad(format!("the address of `{name}` begins with neither `https://` nor `http://`")));
    } else {
        let path = PathBuf::from(uri);
        if let Err(error) = std::fs::metadata(&path) {
            let problem = unhelped(format!("`{}` cannot be read", shown(uri))).note(format!("the reason: {error}"));
            return Err(Box::new(
                problem.help("name a log file, a folder of them, a store, or the `https://` address of a cluster"),
            ));
        }
        kinds::of_path(path)
    };
    let before = bound.get(&name).filter(|before| before.origin == BindingOrigin::Flag);
    // What the configuration says of the columns of this source holds for another file of it.
    let columns = bound.get(&name).and_then(|bound| bound.kind.columns());
    let kind = columns.and_then(|columns| kinds::with_columns(kind.as_ref(), columns)).unwrap_or(kind);
    let kind = match before {
        Some(before) => kinds::joined(&before.kind, &kind).map_err(|reason| bad(format!("`{name}` cannot be bound: {reason}")))?,
        None => kind,
    };
    Ok(Binding {
        name,
        kind,
        origin: BindingOrigin::Flag,
        place: span,
        default_window: None,
        like_case_sensitive: false,
        clock: None,
        kibana: None,
    })
}

/// What a flag binds, without anything that may be secret: neither an address nor what stands before an `@`.
fn shown(uri: &str) -> Cow<'_, str> {
    match (uri.split_once("://"), uri.rsplit_once('@')) {
        (Some((scheme, _)), _) => Cow::Owned(format!("{scheme}://…")),
        (None, Some((_, host))) if !Path::new(uri).exists() => Cow::Owned(format!("…@{host}")),
        _ => Cow::Borrowed(uri),
    }
}

/// A text of the flag for diagnostics, without anything that may be secret.
fn place(name: &str, uri: &str, sources: &mut SourceSet) -> Span {
    let shown = shown(uri);
    let text = if name.is_empty() { format!("--source {shown}") } else { format!("--source {name}={shown}") };
    let length = text.len();
    Span::new(sources.add_text("command line", text), "--source ".len(), length)
}
