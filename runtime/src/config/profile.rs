//! Turns one profile of Kestrel's connectors `elastic_ecs` and `stix_bundle` into a binding.

use super::address::Address;
use super::binding::{Binding, BindingOrigin};
use super::kinds::cluster::{Certificate, ClusterProfile};
use super::kinds::web_file::WebFile;
use super::kinds::{self, SourceKind};
use super::secret::Secret;
use crate::source::elastic::Auth;
use huntc_compiler::diag::codes::config::{BAD_SETTING, IGNORED_SETTING, UNSUPPORTED_CONNECTOR};
use huntc_compiler::diag::{Diagnostic, suggest};
use huntc_compiler::source::Span;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where the connector, connection and config of a profile are written.
pub(super) struct PartPlaces {
    /// The places that diagnostics point at.
    pub spans: [Span; 3],
    /// The names in headlines: that of a variable, or that of the profile.
    pub names: [String; 3],
}

const CONNECTOR: usize = 0;
const CONNECTION: usize = 1;
const CONFIG: usize = 2;

impl PartPlaces {
    fn bad(&self, part: usize, what: &str, wanted: &str) -> Box<Diagnostic> {
        let headline = format!("{} {what}", self.names[part]);
        Box::new(Diagnostic::new(&BAD_SETTING, self.spans[part], headline).label(wanted))
    }
}

/// Options that have a meaning here.
const OPTIONS: [&str; 6] = ["timeout", "single_batch_timeout", "batch_size", "retrieval_batch_size", "time_range", "dialects"];
/// Options of Kestrel and stix-shifter that have none, and why.
const WITHOUT_EFFECT: [(&str, &str); 12] = [
    ("result_limit", "every record is read"),
    ("cool_down_after_transmission", "requests become fewer by themselves when the server is busy"),
    ("allow_dev_connector", "stix-shifter is not used"),
    ("mapping", "`--mapping FILE` puts rows over the catalog's attributes"),
    ("unmapped_fallback", "an attribute without field is an error"),
    ("validate_pattern", "the hunt is checked before anything runs"),
    ("stix_validator", "no STIX objects are made"),
    ("stix_2.1", "no STIX objects are made"),
    ("language", "hunts are written in Kestrel"),
    ("async_call", "requests run side by side anyway"),
    ("proxy_host", "it names a server of stix-shifter; for an HTTP proxy set `proxy` in huntc.toml, or HTTPS_PROXY"),
    ("proxy_port", "see `proxy_host`"),
];
const CONNECTION_KEYS: [&str; 6] = ["host", "port", "indices", "selfSignedCert", "options", "pagination"];

/// The binding of a profile, and warnings for hunts that use it.
pub(super) fn binding(
    name: &str,
    profile: &Value,
    origin: BindingOrigin,
    places: &PartPlaces,
) -> Result<(Binding, Vec<Diagnostic>), Box<Diagnostic>> {
    let connector = profile.get("connector").and_then(Value::as_str).unwrap_or("elastic_ecs");
    if connector == "stix_bundle" {
        return bundle(name, profile, origin, places);
    }
    if connector != "elastic_ecs" {
        let headline = format!("the profile `{name}` uses the connector `{connector}`");
        let problem = Diagnostic::new(&UNSUPPORTED_CONNECTOR, places.spans[CONNECTOR], headline)
            .label("only `elastic_ecs` and `stix_bundle` are supported")
            .help(format!("bind the name to an index: `--source {name}=https://host:9200/index`"));
        return Err(Box::new(problem));
    }
    let Some(connection) = profile.get("connection").filter(|c| c.is_object()) else {
        return Err(places.bad(CONNECTION, "has no connection", "an object with `host`, `port` and `indices` is needed"));
    };
    let (url, from_url) = url(connection, places)?;
    let mut cluster = ClusterProfile::new(url, indices(connection, places)?);
    cluster.auth = auth(profile.get("config"), places)?.or(from_url).unwrap_or(Auth::None);
    let mut notices = Vec::new();
    match connection.get("selfSignedCert") {
        Some(Value::String(pem)) if pem.contains("-----BEGIN") => cluster.tls.ca = Some(Certificate::Pem(pem.clone())),
        Some(Value::String(path)) if !path.trim().is_empty() => cluster.tls.ca = Some(Certificate::File(PathBuf::from(path))),
        Some(Value::Bool(false)) if cluster.url.starts_with("https") => {
            let headline = format!("`selfSignedCert: false` of `{name}` does not switch the certificate check off");
            let notice_of = Diagnostic::new(&IGNORED_SETTING, places.spans[CONNECTION], headline);
            notices.push(notice_of.help("`tls = { ca = \"ca.pem\" }` in huntc.toml names the authority"));
        }
        _ => {}
    }
    let default_window = options(connection.get("options"), &mut cluster, places)?;
    notices.extend(without_effect(name, connection, places));
    Ok((bound(name, Arc::new(cluster), origin, places, default_window), notices))
}

fn bound(
    name: &str,
    kind: Arc<dyn SourceKind>,
    origin: BindingOrigin,
    places: &PartPlaces,
    default_window: Option<Duration>,
) -> Binding {
    let place = places.spans[CONNECTION];
    Binding { name: name.to_owned(), kind, origin, place, default_window, like_case_sensitive: false, clock: None, kibana: None }
}

/// The binding of a profile of `stix_bundle`, whose `host` is the address or the path of a bundle.
fn bundle(
    name: &str,
    profile: &Value,
    origin: BindingOrigin,
    places: &PartPlaces,
) -> Result<(Binding, Vec<Diagnostic>), Box<Diagnostic>> {
    let host = profile.get("connection").and_then(|connection| connection.get("host")).and_then(Value::as_str).map(str::trim);
    let Some(host) = host.filter(|host| !host.is_empty()) else {
        return Err(places.bad(CONNECTION, "has no `host`", "`\"host\": \"https://bundles.example/lab.json\"` is needed"));
    };
    let path = host.strip_prefix("file://").or((!host.contains("://")).then_some(host));
    let kind: Arc<dyn SourceKind> = if let Some(path) = path {
        kinds::of_path(PathBuf::from(path))
    } else {
        let file = WebFile::of_profile(host);
        Arc::new(
            file.map_err(|why| places.bad(CONNECTION, &format!("has a `host` that names no file: {why}"), "an address or a path"))?,
        )
    };
    let mut notices = Vec::new();
    if profile.get("config").and_then(|config| config.get("auth")).is_some_and(|auth| !auth.is_null()) {
        let headline = format!("the credentials of the profile `{name}` are not sent");
        let notice = Diagnostic::new(&IGNORED_SETTING, places.spans[CONFIG], headline);
        notices.push(notice.help(format!("where they are needed, fetch the file yourself: `--source {name}=FILE`")));
    }
    Ok((bound(name, kind, origin, places, None), notices))
}

/// The warning about settings that change nothing here.
fn without_effect(name: &str, connection: &Value, places: &PartPlaces) -> Option<Diagnostic> {
    let keys = |value: Option<&Value>| {
        value.and_then(Value::as_object).into_iter().flat_map(|map| map.keys().cloned()).collect::<Vec<_>>()
    };
    let unknown = |key: &str, known: &mut dyn Iterator<Item = &'static str>| {
        let known: Vec<&str> = known.collect();
        let near = suggest::best(key, known);
        near.map_or_else(
            || "there is no such setting".to_owned(),
            |near| format!("there is no such setting; the nearest is `{near}`"),
        )
    };
    let mut notes = Vec::new();
    for key in keys(Some(connection)) {
        if !CONNECTION_KEYS.contains(&key.as_str()) {
            notes.push(format!("`{key}`: {}", unknown(&key, &mut CONNECTION_KEYS.into_iter())));
        }
    }
    for key in keys(connection.get("options")) {
        if OPTIONS.contains(&key.as_str()) {
            continue;
        }
        let why = WITHOUT_EFFECT.iter().find(|(known, _)| *known == key).map(|(_, why)| (*why).to_owned());
        notes.push(format!("`options.{key}`: {}", why.unwrap_or_else(|| unknown(&key, &mut OPTIONS.into_iter()))));
    }
    let headline = format!("settings of the profile `{name}` have no effect here");
    let notice = || Diagnostic::new(&IGNORED_SETTING, places.spans[CONNECTION], headline).label("this profile");
    (!notes.is_empty())
        .then(|| notes.into_iter().fold(notice(), Diagnostic::note).help("take them out, or bind the source in huntc.toml"))
}

/// The address from `host` and `port`, with `https` unless the host has another scheme.
fn url(connection: &Value, places: &PartPlaces) -> Result<(String, Option<Auth<Secret>>), Box<Diagnostic>> {
    let Some(host) = connection.get("host").and_then(Value::as_str).map(str::trim).filter(|h| !h.is_empty()) else {
        return Err(places.bad(CONNECTION, "has no `host`", "`\"host\": \"elastic.example\"` is needed"));
    };
    let port = match connection.get("port") {
        None | Some(Value::Null) => None,
        Some(port) => match number(port).and_then(|p| u16::try_from(p).ok()).filter(|p| *p > 0) {
            Some(port) => Some(port),
            None => return Err(places.bad(CONNECTION, "has a `port` that is none", "a number from 1 to 65535 is needed")),
        },
    };
    let with_scheme = if host.contains("://") {
        host.to_owned()
    } else if host.matches(':').count() > 1 && !host.starts_with('[') {
        format!("https://[{host}]")
    } else {
        format!("https://{host}")
    };
    let mut address = Address::parse(&with_scheme).map_err(|e| {
        places.bad(CONNECTION, &format!("has a `host` that cannot be read: {e}"), "a host name or an address is needed")
    })?;
    let has_port = address.origin.rsplit_once(':').is_some_and(|(_, p)| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    // Plain HTTP is used for tests, where no proxy maps port 80 to the server's own.
    let default = if address.origin.starts_with("http:") { Some(9200) } else { None };
    if let Some(port) = port.filter(|_| !has_port).or(default.filter(|_| !has_port)) {
        address.origin = format!("{}:{port}", address.origin);
    }
    Ok((address.whole(), address.auth))
}

fn indices(connection: &Value, places: &PartPlaces) -> Result<Vec<String>, Box<Diagnostic>> {
    let texts: Vec<&str> = match connection.get("indices") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.split(',').collect(),
        Some(Value::Array(values)) if values.iter().all(Value::is_string) => values.iter().filter_map(Value::as_str).collect(),
        Some(_) => return Err(places.bad(CONNECTION, "has `indices` that are no names", "a list of names, or names with commas")),
    };
    Ok(texts.into_iter().map(str::trim).filter(|i| !i.is_empty()).map(str::to_owned).collect())
}

/// The credentials, in the order in which stix-shifter looks for them: user, API key, token.
fn auth(config: Option<&Value>, places: &PartPlaces) -> Result<Option<Auth<Secret>>, Box<Diagnostic>> {
    let Some(auth) = config.and_then(|c| c.get("auth")).filter(|a| !a.is_null()) else { return Ok(None) };
    let secret = |key: &str| auth.get(key).and_then(Value::as_str).filter(|t| !t.is_empty()).map(Secret::literal);
    if let (Some(username), Some(password)) = (secret("username"), secret("password")) {
        return Ok(Some(Auth::Basic { username, password }));
    }
    if let Some(api_key) = secret("api_key") {
        return Ok(Some(Auth::ApiKey { id: secret("id"), api_key }));
    }
    if let Some(token) = secret("access_token") {
        return Ok(Some(Auth::Token(token)));
    }
    let wanted = "`id` with `api_key`, `username` with `password`, or `access_token` is needed in `auth`";
    Err(places.bad(CONFIG, "has no whole set of credentials", wanted))
}

/// Applies the options that have a meaning here. Returns the window of statements without a time range.
fn options(
    options: Option<&Value>,
    cluster: &mut ClusterProfile,
    places: &PartPlaces,
) -> Result<Option<Duration>, Box<Diagnostic>> {
    let Some(options) = options else { return Ok(None) };
    let figure = |key: &str, range: std::ops::RangeInclusive<u64>| match options.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            if let Some(number) = number(value).filter(|n| range.contains(n)) {
                Ok(Some(number))
            } else {
                let wanted = format!("a number from {} to {} is needed", range.start(), range.end());
                Err(places.bad(CONNECTION, &format!("has an option `{key}` that is out of range"), &wanted))
            }
        }
    };
    let seconds = figure("single_batch_timeout", 1..=86_400)?.or(figure("timeout", 1..=86_400)?);
    cluster.timeout = seconds.map(Duration::from_secs);
    let page = figure("retrieval_batch_size", 1..=u64::MAX)?.or(figure("batch_size", 1..=u64::MAX)?);
    cluster.page_size = page.map(|n| n.min(10_000) as u32);
    let window = figure("time_range", 1..=52_560_000)?.map(|minutes| Duration::from_secs(minutes * 60));
    cluster.dialects = match options.get("dialects") {
        Some(Value::String(text)) => text.split(',').map(|d| d.trim().to_owned()).collect(),
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(window)
}

/// A number, possibly in quotes.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}
