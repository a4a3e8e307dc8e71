//! Elasticsearch and OpenSearch: how to reach their indices. This is the only place that resolves the secrets of sources.

use super::kind::{Form, OpenedSource, Opening, ResolvedSource, SourceFacts, SourceKind};
use crate::config::address::{Address, CLOUD};
use crate::config::environment::Environment;
use crate::config::reader::{Document, Located, TomlTable};
use crate::config::secret::{Secret, SecretError};
use crate::source::elastic::{
    Auth, BulkWriter, ClientCertificate, ElasticConfig, ElasticSource, Fingerprint, Proxy, SavedMappings, fingerprint, is_loopback,
};
use crate::source::{FetchContext, SourceError, regular_file};
use huntc_compiler::diag::Code;
use huntc_compiler::diag::codes::config::{CERTIFICATE_NOT_CHECKED, MISSING_SECRET, SECRET_IN_CLEAR, SECRET_ON_COMMAND_LINE};
use reqwest::Url;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The sources with an `http` or `https` address.
pub(super) const FORM: Form = Form::Address { takes: is_http, keys: &KEYS, of_flag, of_table };

/// The keys of `[sources.NAME]` that only clusters have.
const KEYS: [&str; 10] =
    ["indices", "auth", "tls", "proxy", "page_size", "concurrency", "timeout", "patience", "dialects", "kibana"];
const AUTH: [&str; 5] = ["username", "password", "id", "api_key", "token"];
const TLS: [&str; 5] = ["ca", "fingerprint", "cert", "key", "insecure"];
/// The variables of the environment that name a proxy, by the scheme of the server.
const PROXIES: [(&str, [&str; 4]); 2] = [
    ("https", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
    ("http", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
];
const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// How to reach indices of a cluster.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct ClusterProfile {
    /// The address `https://host:9200`, with a path if a proxy needs one; never with credentials.
    pub url: String,
    /// Index expressions; all indices when empty.
    pub indices: Vec<String>,
    /// The credentials, whose secrets are not resolved yet.
    pub auth: Auth<Secret>,
    pub tls: Tls,
    /// The proxy through which it is reached; its address may hold a password.
    pub proxy: Option<Secret>,
    /// The longest time for one request.
    pub timeout: Option<Duration>,
    /// How long a server that answered before is waited for.
    pub patience: Option<Duration>,
    /// The most records on a page.
    pub page_size: Option<u32>,
    /// The most requests at the same time.
    pub concurrency: Option<usize>,
    /// Kestrel's dialects. In `beats` text fields have a subfield `.keyword`.
    pub dialects: Vec<String>,
}

/// The window that stix-shifter uses for patterns without a time range.
const DEFAULT_WINDOW: Duration = Duration::from_mins(5);

impl ClusterProfile {
    /// A profile with defaults for everything but the address.
    pub fn new(url: String, indices: Vec<String>) -> Self {
        Self {
            url,
            indices,
            auth: Auth::None,
            tls: Tls::default(),
            proxy: None,
            timeout: None,
            patience: None,
            page_size: None,
            concurrency: None,
            dialects: Vec::new(),
        }
    }

    /// The index expressions as one; `*` for all indices.
    pub fn expression(&self) -> String {
        if self.indices.is_empty() { "*".to_owned() } else { self.indices.join(",") }
    }
}

/// The TLS settings of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// A certificate that is trusted beside those of the system: of an authority, or of the server itself.
    pub ca: Option<Certificate>,
    /// The only certificate that is trusted: of the server, or of an authority in its chain.
    pub fingerprint: Option<Fingerprint>,
    /// The certificate of the client, and its key.
    pub client: Option<(Certificate, Secret)>,
    /// Whether the server's certificate is not checked.
    pub insecure: bool,
}

/// Where a certificate stands.
#[derive(Clone, PartialEq, Eq)]
pub enum Certificate {
    /// A file in PEM format.
    File(PathBuf),
    /// A text in PEM format.
    Pem(String),
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            // A careless profile may have the private key in the same text.
            Self::Pem(_) => f.write_str("PEM text"),
        }
    }
}

impl SourceKind for ClusterProfile {
    fn word(&self) -> &'static str {
        "cluster"
    }

    fn location(&self) -> String {
        format!("{}/{}", self.url, self.expression())
    }

    fn credentials(&self) -> Option<String> {
        let insecure = if self.tls.insecure { ", certificate not checked" } else { "" };
        let client = if self.tls.client.is_some() { ", client certificate" } else { "" };
        let origin = self.auth.secret().map_or_else(String::new, |secret| format!(" ({})", secret.origin()));
        Some(format!("{}{origin}{client}{insecure}", self.auth.word()))
    }

    fn default_window(&self) -> Option<Duration> {
        Some(DEFAULT_WINDOW)
    }

    fn cluster_address(&self) -> Option<(String, String)> {
        Some((self.url.clone(), self.expression()))
    }

    fn sends(&self) -> bool {
        true
    }

    fn cautions(&self, name: &str, on_command_line: bool) -> Vec<(&'static Code, String)> {
        let url = Url::parse(&self.url).ok();
        let with_auth = !matches!(self.auth, Auth::None);
        let https = url.as_ref().is_some_and(|url| url.scheme() == "https");
        let mut cautions = Vec::new();
        if with_auth && on_command_line {
            cautions.push((&SECRET_ON_COMMAND_LINE, format!("the password of `{name}` can be read in the list of processes")));
        }
        if with_auth && !https && !url.as_ref().is_some_and(is_loopback) {
            cautions.push((&SECRET_IN_CLEAR, format!("the credentials of `{name}` are sent without encryption")));
        }
        if self.tls.insecure && https {
            cautions.push((&CERTIFICATE_NOT_CHECKED, format!("any server can pass for `{name}`: its certificate is not checked")));
        }
        cautions
    }

    fn resolve(&self, name: &str, environment: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError> {
        Ok(Box::new(ResolvedCluster(self.elastic_config(name, environment)?)))
    }
}

struct ResolvedCluster(ElasticConfig);

impl ResolvedSource for ResolvedCluster {
    fn open(&self, opening: Opening<'_>) -> Result<OpenedSource, SourceError> {
        Ok(OpenedSource::new(ElasticSource::new(self.0.clone())?.expecting((opening.fields)())))
    }

    fn survey(&self, fields: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
        let source = ElasticSource::new(self.0.clone())?;
        // What cannot be seen is among the findings.
        let context = FetchContext { allow_partial: true, ..FetchContext::default() };
        let survey = source.probe(fields, &context)?;
        let facts = SourceFacts {
            server: Some(survey.server.title()),
            indices: survey.indices,
            records: survey.records,
            span: survey.span,
            clocks: survey.clocks,
            mappings: survey.fields,
            traps: survey.traps,
            findings: survey.findings,
            part: context.stats.partial.load(Ordering::Relaxed),
            counts_by_index: true,
        };
        Ok((OpenedSource::new(source), facts))
    }

    fn mappings(&self, fields: &BTreeSet<String>) -> Result<Option<SavedMappings>, SourceError> {
        ElasticSource::new(self.0.clone())?.mappings(fields, &FetchContext::default()).map(Some)
    }

    fn bulk(&self, index: &str, origin: &str) -> Result<Option<BulkWriter>, SourceError> {
        BulkWriter::new(ElasticConfig { indices: index.to_owned(), ..self.0.clone() }, origin).map(Some)
    }

    fn is_remote(&self) -> bool {
        true
    }
}

fn is_http(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(s, _)| s.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https")) || text.starts_with(CLOUD)
}

fn of_flag(text: &str) -> Result<Arc<dyn SourceKind>, String> {
    let address = Address::parse(text)?;
    let (url, indices) = address.split();
    let mut profile = ClusterProfile::new(url, indices);
    if let Some(auth) = address.auth {
        profile.auth = auth;
    }
    Ok(Arc::new(profile))
}

pub(super) fn of_table(uri: &Located<&str>, table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<Arc<dyn SourceKind>> {
    match Address::parse(uri.value) {
        Ok(address) if address.auth.is_some() => {
            document.bad(uri.span, "`uri` holds credentials", "they belong into `auth`");
            None
        }
        Ok(address) => {
            // With `indices`, the whole path belongs to a proxy.
            let (url, indices) = if table.value("indices").is_some() { (address.whole(), Vec::new()) } else { address.split() };
            Some(Arc::new(profile(table, ClusterProfile::new(url, indices), document)))
        }
        Err(reason) => {
            document.bad(uri.span, format!("`uri` is no address of a cluster: {reason}"), "`https://host:port` is needed here");
            None
        }
    }
}

fn profile(table: &TomlTable<'_, '_>, mut profile: ClusterProfile, document: &mut Document<'_>) -> ClusterProfile {
    if let Some(indices) = table.texts(document, "indices", true) {
        profile.indices = indices;
    }
    if let Some(auth) = table.table(document, "auth") {
        profile.auth = read_auth(&auth, document);
    }
    if let Some(tls) = table.table(document, "tls") {
        profile.tls = read_tls(&tls, document);
    }
    profile.proxy = table.text(document, "proxy").map(|text| Secret::parse(text.value, document.base));
    profile.timeout = table.duration(document, "timeout");
    profile.patience = table.duration_or_zero(document, "patience");
    profile.page_size = table.number(document, "page_size", 1..=10_000).map(|n| n as u32);
    profile.concurrency = table.number(document, "concurrency", 1..=64).map(|n| n as usize);
    profile.dialects = table.texts(document, "dialects", true).unwrap_or_default();
    profile
}

fn read_tls(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Tls {
    table.only(document, &TLS);
    let mut certificate = |key| {
        let text = table.text(document, key)?;
        Some(Certificate::of(text.value, document.base))
    };
    let (ca, cert) = (certificate("ca"), certificate("cert"));
    let key = table.text(document, "key").map(|text| Secret::parse(text.value, document.base));
    let mut tls = Tls { ca, insecure: table.boolean(document, "insecure").unwrap_or(false), ..Tls::default() };
    if let Some(text) = table.text(document, "fingerprint") {
        tls.fingerprint = fingerprint(text.value);
        if tls.fingerprint.is_none() {
            document.bad(text.span, "`fingerprint` is no SHA-256 of a certificate", "64 hexadecimal digits are needed here");
        } else if tls.insecure {
            document.bad(table.span, "`tls` has `fingerprint` and `insecure`", "one of them is needed: a fingerprint is a check");
        }
    }
    tls.client = match (cert, key) {
        (Some(cert), Some(key)) => Some((cert, key)),
        (None, None) => None,
        _ => {
            document.bad(
                table.span,
                "`tls` has half a client certificate",
                "`cert = \"client.crt\", key = \"file:client.key\"` is needed",
            );
            None
        }
    };
    tls
}

fn read_auth(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Auth<Secret> {
    table.only(document, &AUTH);
    let mut secret = |key| table.text(document, key).map(|t| t.value).map(|t| Secret::parse(t, document.base));
    let (username, password, id, api_key, token) =
        (secret("username"), secret("password"), secret("id"), secret("api_key"), secret("token"));
    match (username, password, id, api_key, token) {
        (Some(username), Some(password), None, None, None) => Auth::Basic { username, password },
        (None, None, id, Some(api_key), None) => Auth::ApiKey { id, api_key },
        (None, None, None, None, Some(token)) => Auth::Token(token),
        _ => {
            let wanted = "`username` with `password`, `id` with `api_key`, or `token`";
            document.bad(table.span, "`auth` is not one whole set of credentials", wanted);
            Auth::None
        }
    }
}

impl ClusterProfile {
    fn elastic_config(&self, name: &str, environment: &Environment) -> Result<ElasticConfig, SourceError> {
        let mut config = ElasticConfig::new(name, &self.url, &self.expression())?;
        config.auth = self.auth.try_map(|secret| secret.resolve(environment).map_err(|e| missing(name, &e)))?;
        let resolved = |secret: &Secret| secret.resolve(environment).map_err(|e| missing(name, &e));
        config.ca_pem = self.tls.ca.as_ref().map(|ca| ca.text(name)).transpose()?;
        config.fingerprint = self.tls.fingerprint;
        if let Some((chain, key)) = &self.tls.client {
            config.client_certificate = Some(ClientCertificate { chain: chain.text(name)?, key: resolved(key)? });
        }
        config.proxy = match &self.proxy {
            Some(url) => Some(Proxy { url: resolved(url)?, except: None }),
            None => proxy_of(environment, &config.url),
        };
        config.insecure = self.tls.insecure;
        if let Some(timeout) = self.timeout {
            config.timeout = timeout;
        }
        if let Some(patience) = self.patience {
            config.patience = patience;
        }
        if let Some(size) = self.page_size {
            config.page_size = size as usize;
        }
        if let Some(concurrency) = self.concurrency {
            config.concurrency = concurrency;
        }
        Ok(config)
    }
}

impl Certificate {
    /// Of a setting: PEM text, or else a path below `base`.
    pub(in crate::config) fn of(text: &str, base: &Path) -> Self {
        if text.contains("-----BEGIN") { Self::Pem(text.to_owned()) } else { Self::File(base.join(text)) }
    }

    /// Its PEM text. `name` is that of the source.
    fn text(&self, name: &str) -> Result<String, SourceError> {
        match self {
            Self::Pem(text) => Ok(text.clone()),
            Self::File(path) => regular_file::read_text(path)
                .map_err(|e| missing(name, &SecretError::Unreadable(path.display().to_string(), e.to_string()))),
        }
    }
}

/// The proxy that the environment names for an address. What is sent to this machine needs none.
pub(super) fn proxy_of(environment: &Environment, url: &Url) -> Option<Proxy> {
    if is_loopback(url) {
        return None;
    }
    let first = |names: &[&str]| names.iter().find_map(|name| environment.text(name)).map(str::to_owned);
    let (_, names) = PROXIES.iter().find(|(scheme, _)| *scheme == url.scheme())?;
    Some(Proxy { url: first(names)?.into(), except: first(&NO_PROXY) })
}

fn missing(name: &str, error: &SecretError) -> SourceError {
    let error_text = error.to_string();
    let headline = format!("source `{name}` cannot be opened: {error_text}");
    let short = format!("source `{name}` cannot be opened");
    let help = match error {
        SecretError::NotSet(variable) => format!("export {variable}=…"),
        SecretError::NoName(_) => "correct the name behind `credential:`".to_owned(),
        SecretError::Unreadable(..) | SecretError::Empty(_) => {
            "check the path in the configuration; it is relative to its file".to_owned()
        }
    };
    if headline.chars().count() <= 100 {
        return SourceError::new(&MISSING_SECRET, headline).help(help);
    }
    SourceError::new(&MISSING_SECRET, short).note(error_text).help(help)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    #[test]
    fn a_profile_becomes_a_configuration_of_the_reader() {
        let mut profile = ClusterProfile::new("https://h:9200/es".to_owned(), vec!["a".to_owned(), "b-*".to_owned()]);
        profile.auth = Auth::ApiKey { id: None, api_key: Secret::parse("${KEY}", std::path::Path::new("")) };
        profile.page_size = Some(500);
        let config = profile.elastic_config("host101", &Environment::of([("KEY", "id:hunter2")])).unwrap();
        assert_eq!(config.location(), "https://h:9200/es/a,b-*");
        assert_eq!((config.auth.word(), config.page_size), ("API key", 500));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_that_is_not_there_is_named() {
        let mut profile = ClusterProfile::new("https://h".to_owned(), Vec::new());
        profile.auth = Auth::Token(Secret::parse("${NO_TOKEN}", std::path::Path::new("")));
        let error = profile.elastic_config("host101", &Environment::default()).unwrap_err();
        assert_eq!(error.code.id, "K0811");
        assert!(error.message.contains("`NO_TOKEN` is not set"), "{}", error.message);
    }
}
