//! The settings for reading from a cluster: address, indices, credentials and limits.

use super::auth::Auth;
use super::tls::{self, ClientCertificate, Fingerprint};
use crate::source::SourceError;
use huntc_compiler::diag::codes::elastic::{BAD_CERTIFICATE, BAD_CLUSTER_ADDRESS};
use huntc_compiler::index_name;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::time::Duration;

/// The settings of a cluster. Make them with [`ElasticConfig::from_address`], then change what differs from the defaults.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct ElasticConfig {
    /// Name of the source, for messages.
    pub name: String,
    /// The server's address without the index: `https://host:9200`, with a path if the server is below one.
    pub url: Url,
    /// Index expression: names, aliases, data streams and patterns, separated by commas.
    pub indices: String,
    pub auth: Auth,
    /// Certificates that are trusted beside those of the system, as PEM text: of authorities, or of the server itself.
    pub ca_pem: Option<String>,
    /// The certificate that must be the server's, or that of an authority in its chain. Then no other authority is trusted.
    pub fingerprint: Option<Fingerprint>,
    /// The certificate that the client shows to the server.
    pub client_certificate: Option<ClientCertificate>,
    /// Whether any certificate is accepted.
    pub insecure: bool,
    /// The proxy through which the server is reached.
    pub proxy: Option<Proxy>,
    /// The longest time for one answer.
    pub timeout: Duration,
    /// The longest time for connecting.
    pub connect_timeout: Duration,
    /// The most records in one answer. Servers allow 10,000 by default; pages are made smaller when records are long.
    pub page_size: usize,
    /// The most requests at the same time; fewer while the server is busy.
    pub concurrency: usize,
    /// The most tries of one request after the first.
    pub retries: u32,
    /// The longest pause before the second try. It doubles with each further try, up to 30 seconds.
    pub backoff: Duration,
    /// How long a server that answered before, and does not answer now, is waited for: it may restart.
    pub patience: Duration,
    /// The longest answer that is accepted, in bytes after decompression.
    pub answer_limit: usize,
}

impl ElasticConfig {
    /// The settings for `url`, which must be `http` or `https`, without credentials, query or fragment.
    pub fn new(name: &str, url: &str, indices: &str) -> Result<Self, SourceError> {
        let bad = |why: &str| {
            SourceError::new(&BAD_CLUSTER_ADDRESS, format!("source `{name}`: {why}"))
                .help("write the address as `https://HOST:9200/INDEX`, without credentials")
        };
        let mut url = Url::parse(url.trim()).map_err(|e| bad("the address is no URL").note(e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("the address begins neither with http:// nor with https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("the address holds credentials")
                .help("put the credentials into `huntc.toml`, or into the environment as `STIXSHIFTER_NAME_CONFIG`"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("the address has a query or a fragment"));
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        let names: Vec<&str> = indices.split(',').map(str::trim).filter(|s| !s.is_empty()).collect();
        if let Some((name, fault)) = names.iter().find_map(|name| Some((name, index_name::fault(name)?))) {
            return Err(bad(&format!("no index is called {name:?}")).note(fault));
        }
        let indices = names.join(",");
        Ok(Self {
            name: name.to_owned(),
            url,
            indices: if indices.is_empty() { "*".to_owned() } else { indices },
            auth: Auth::None,
            ca_pem: None,
            fingerprint: None,
            client_certificate: None,
            insecure: false,
            proxy: None,
            timeout: Duration::from_mins(2),
            connect_timeout: Duration::from_secs(5),
            page_size: 10_000,
            concurrency: 8,
            retries: 5,
            backoff: Duration::from_millis(250),
            patience: Duration::from_secs(90),
            answer_limit: 512 << 20,
        })
    }

    /// The settings for an address as on the command line, `https://host:9200/winlogbeat-*`. The last part of the path
    /// is the index expression, the rest is the server's address. Without a path all indices are searched.
    pub fn from_address(name: &str, address: &str) -> Result<Self, SourceError> {
        let config = Self::new(name, address, "")?;
        let path = config.url.path().trim_matches('/').to_owned();
        let (prefix, indices) = path.rsplit_once('/').unwrap_or(("", &path));
        let mut config = Self::new(name, address, &decode_percent(indices))?;
        let prefix = if prefix.is_empty() { "/".to_owned() } else { format!("/{prefix}/") };
        config.url.set_path(&prefix);
        Ok(config)
    }

    /// Where the records are, for people and reports. It contains no secret.
    pub fn location(&self) -> String {
        format!("{}{}", self.url, self.indices)
    }

    /// The certificates of `ca_pem`.
    pub(super) fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, SourceError> {
        let Some(pem) = &self.ca_pem else { return Ok(Vec::new()) };
        let bad = || {
            SourceError::new(&BAD_CERTIFICATE, format!("source `{}`: the certificate authority is not in PEM form", self.name))
                .help("a PEM file begins with `-----BEGIN CERTIFICATE-----`; convert DER with `openssl x509 -inform der`")
        };
        tls::certificates(pem).ok_or_else(bad)
    }
}

/// A proxy for HTTP.
#[derive(Clone)]
pub struct Proxy {
    /// Its address, in which a user and a password may stand.
    pub url: SecretString,
    /// Hosts that are reached without it, as `NO_PROXY` lists them.
    pub except: Option<String>,
}

/// Shows no credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

impl Proxy {
    /// Its address without credentials.
    pub fn place(&self) -> String {
        let url = self.url.expose_secret();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
    }
}

/// Whether an address is one of this machine, so that what is sent to it does not reach a network.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Decodes percent-encoding: `%2A` is `*`. Invalid sequences stay as they are.
pub fn decode_percent(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_server_prefix_and_indices() {
        let plain = ElasticConfig::from_address("a", "https://es.example.org:9200/winlogbeat-*,ecs-*").unwrap();
        assert_eq!((plain.url.as_str(), plain.indices.as_str()), ("https://es.example.org:9200/", "winlogbeat-*,ecs-*"));
        let under = ElasticConfig::from_address("a", "http://host/es/cluster/logs%2D%2A").unwrap();
        assert_eq!((under.url.as_str(), under.indices.as_str()), ("http://host/es/cluster/", "logs-*"));
        let all = ElasticConfig::from_address("a", "http://host:9200").unwrap();
        assert_eq!((all.location().as_str(), all.indices.as_str()), ("http://host:9200/*", "*"));
    }

    #[test]
    fn an_address_with_credentials_is_refused_without_showing_them() {
        let error = ElasticConfig::from_address("a", "https://bob:hunter2@host/i").unwrap_err();
        assert_eq!(error.code.id, "K0716");
        assert!(!format!("{error:?}").contains("hunter2"));
        for bad in ["ftp://host/i", "host:9200/i", "https://host/i?x=1", "https://"] {
            assert_eq!(ElasticConfig::from_address("a", bad).unwrap_err().code.id, "K0716", "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut config = ElasticConfig::from_address("a", "https://host/i").unwrap();
        for auth in [
            Auth::basic("bob", "s3cret"),
            Auth::api_key("id-s3cret:s3cret"),
            Auth::api_key("czNjcmV0"),
            Auth::Token("s3cret".into()),
        ] {
            config.auth = auth;
            let text = format!("{config:?}");
            assert!(!text.contains("s3cret") && !text.contains("czNjcmV0"), "{text}");
        }
    }
}
