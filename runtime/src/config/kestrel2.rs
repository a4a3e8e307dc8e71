//! Kestrel 2's `opensearch.yaml`: connections to servers, and the index of each data source.

use super::address::Address;
use super::binding::{Binding, BindingOrigin};
use super::environment::Environment;
use super::kestrel::{expand, key_span};
use super::kinds::cluster::ClusterProfile;
use super::mask;
use super::model::Config;
use super::secret::Secret;
use super::text::read_text;
use crate::source::elastic::Auth;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::{BAD_CONFIG, BAD_SETTING, IGNORED_SETTING};
use huntc_compiler::source::{SourceSet, Span};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// The field of times that huntc reads.
const TIME: &str = "@timestamp";

/// Reads `$KESTREL_OPENSEARCH_CONFIG`, otherwise `~/.config/kestrel/opensearch.yaml`; a missing file counts as an empty one. A
/// name that is bound already stays.
pub(super) fn read_file(environment: &Environment, sources: &mut SourceSet, config: &mut Config, problems: &mut Vec<Diagnostic>) {
    let given = environment.path("KESTREL_OPENSEARCH_CONFIG");
    let usual = || Some(environment.config_home()?.join("kestrel/opensearch.yaml"));
    let Some(path) = given.or_else(usual).filter(|path| path.is_file()) else { return };
    let name = path.display().to_string();
    let mut bad = |text: &str, headline: String, note: Option<String>, sources: &mut SourceSet| {
        let problem =
            Diagnostic::new(&BAD_CONFIG, Span::new(sources.add_text(name.clone(), text), 0, 0), headline).label("this file");
        let problem = note.into_iter().fold(problem, Diagnostic::note);
        problems.push(problem.help("correct the file, or bind the sources in huntc.toml and move it away"));
    };
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(reason) => {
            return bad(
                "",
                format!("Kestrel's configuration `{name}` cannot be read"),
                Some(format!("the reason: {reason}")),
                sources,
            );
        }
    };
    // The parser's own message may quote the text, which may be a secret.
    let Ok(document) = serde_saphyr::from_str::<Value>(&text) else {
        return bad(&mask::yaml(&text, &[]), "the file is no valid YAML".to_owned(), None, sources);
    };
    let document = expand(&document, environment);
    let Some(indexes) = document.get("indexes").and_then(Value::as_object) else { return };
    let known: Vec<String> = indexes.keys().cloned().collect();
    let masked = mask::yaml(&text, &known);
    let id = sources.add_text(name, masked.as_str());
    for (index, settings) in indexes {
        let name = index.to_lowercase();
        if config.sources.contains_key(&name) || config.broken.contains_key(&name) {
            continue;
        }
        let place = key_span(&masked, index, id);
        match binding(index, settings, &document, place, &path) {
            Ok((binding, notices)) => {
                if !notices.is_empty() {
                    config.notices.insert(name.clone(), notices);
                }
                config.sources.insert(name, binding);
            }
            Err(problem) => _ = config.broken.insert(name, *problem),
        }
    }
}

/// The binding of an index, and warnings for hunts that use it.
fn binding(
    index: &str,
    settings: &Value,
    document: &Value,
    place: Span,
    path: &Path,
) -> Result<(Binding, Vec<Diagnostic>), Box<Diagnostic>> {
    let bad = |what: &str, wanted: &str| {
        Box::new(Diagnostic::new(&BAD_SETTING, place, format!("the index `{index}` {what}")).label(wanted))
    };
    if settings.get("timestamp").and_then(Value::as_str).is_some_and(|field| field != TIME) {
        return Err(bad(
            "has its times in another field than `@timestamp`",
            "only records of the Elastic Common Schema can be read",
        ));
    }
    let connection = settings.get("connection").and_then(Value::as_str).unwrap_or_default();
    let Some(connection) = document.get("connections").and_then(|all| all.get(connection)) else {
        return Err(bad("names no connection of the file", "`connection: NAME` of one below `connections:` is needed"));
    };
    let url = connection.get("url").and_then(Value::as_str).unwrap_or_default();
    let address = Address::parse(url)
        .map_err(|e| bad(&format!("has an address that cannot be read: {e}"), "`url: https://HOST:9200` is needed"))?;
    let mut cluster = ClusterProfile::new(address.whole(), vec![index.to_owned()]);
    let secret = |key: &str| {
        let text = connection.get("auth").and_then(|auth| auth.get(key)).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(Secret::literal)
    };
    cluster.auth = match (secret("username"), secret("password")) {
        (Some(username), Some(password)) => Auth::Basic { username, password },
        (None, None) => address.auth.unwrap_or(Auth::None),
        _ => return Err(bad("has half of its credentials", "`username` and `password` are needed below `auth`")),
    };
    cluster.tls.insecure = connection.get("verify_certs") == Some(&Value::Bool(false));
    let mut notices = Vec::new();
    if settings.get("data_model_mapping").is_some_and(|mapping| !mapping.is_null()) {
        let notice = Diagnostic::new(&IGNORED_SETTING, place, format!("`data_model_mapping` of `{index}` has no effect here"));
        notices.push(notice.label("this index").help("`--mapping FILE` puts rows over the catalog's attributes"));
    }
    let binding = Binding {
        name: index.to_lowercase(),
        kind: Arc::new(cluster),
        origin: BindingOrigin::File(path.to_path_buf()),
        place,
        default_window: None,
        like_case_sensitive: false,
        clock: None,
        kibana: None,
    };
    Ok((binding, notices))
}
