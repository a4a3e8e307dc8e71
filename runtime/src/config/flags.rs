//! `--source NAME=URI`: a file, a folder of files, a store, or the address of a cluster.

use super::binding::{Binding, BindingOrigin};
use super::kinds;
use super::text::source_name;
use crate::source::logs::LogTimeOffset;
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
    // What the configuration says of the files of this source holds for another file of it.
    let settings = bound.get(&name).and_then(|bound| bound.kind.file_settings().cloned());
    let kind = settings.and_then(|settings| kinds::with_settings(kind.as_ref(), settings)).unwrap_or(kind);
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

/// What an offset looks like.
pub(super) const OFFSETS: &str = "a sign with hours and minutes, such as `+16h` or `-3h30m`,";

/// Gives the log files of a source the offset that a flag `NAME=OFFSET` says.
pub(super) fn log_time_offset(
    flag: &str,
    bound: &mut BTreeMap<String, Binding>,
    sources: &mut SourceSet,
) -> Result<(), Box<Diagnostic>> {
    let text = format!("--log-time-offset {flag}");
    let span = Span::new(sources.add_text("command line", text.as_str()), "--log-time-offset ".len(), text.len());
    let bad = |headline: String| Box::new(Diagnostic::new(&BAD_SOURCE, span, headline).label("moves nothing"));
    let Some((name, offset)) = flag.split_once('=') else {
        let problem = bad("`--log-time-offset` takes `NAME=OFFSET`".to_owned());
        return Err(Box::new(problem.help("`--log-time-offset host101=+16h`")));
    };
    let name = source_name(name);
    let Some(offset) = LogTimeOffset::parse(offset) else {
        let problem = bad(format!("`{offset}` is no offset: {OFFSETS} is needed"));
        return Err(Box::new(problem.help(format!("`--log-time-offset {name}=+16h`"))));
    };
    let Some(binding) = bound.get_mut(&name) else {
        let problem = bad(format!("no data source `{name}` is bound"));
        return Err(Box::new(problem.help(format!("bind it too: `--source {name}=FILE`"))));
    };
    let Some(kind) = kinds::with_log_time_offset(&binding.kind, offset) else {
        let problem = bad(format!("`{name}` is no log file, so its times stay as they are"));
        return Err(Box::new(
            problem.help("a store gets right times when it is made: `huntc ingest LOGS --store DIR --log-time-offset=+16h`"),
        ));
    };
    binding.kind = kind;
    Ok(())
}

/// What a flag binds, without anything that may be secret: neither an address nor what stands before an `@`.
pub fn shown(uri: &str) -> Cow<'_, str> {
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
