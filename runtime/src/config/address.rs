//! Addresses of clusters. Credentials are separated at once, and errors never repeat the text.

use super::secret::Secret;
use crate::source::elastic::{Auth, decode_percent};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Url;

/// Begins an Elastic Cloud ID: `cloud:NAME:BASE64`, with `/INDEX` behind it or not.
pub(super) const CLOUD: &str = "cloud:";

/// An `http` or `https` address.
#[derive(Debug)]
pub(super) struct Address {
    /// The address without path and credentials: `https://host:9200`.
    pub origin: String,
    /// The parts of the path, decoded.
    pub path: Vec<String>,
    /// Whether the path ends with `/`, so that its last part is not an index.
    pub folder: bool,
    /// The credentials before the `@`.
    pub auth: Option<Auth<Secret>>,
}

impl Address {
    /// Parses an address. The error says what is wrong, but does not repeat the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(id) = text.strip_prefix(CLOUD) {
            return Self::of_cloud(id);
        }
        let url = Url::parse(text).map_err(|e| e.to_string())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it begins with neither `https://` nor `http://`".to_owned());
        }
        let Some(host) = url.host_str() else { return Err("it has no host".to_owned()) };
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has a `?` or `#` part".to_owned());
        }
        let auth = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(Auth::Basic {
                username: Secret::literal(decode_percent(user)),
                password: Secret::literal(decode_percent(password.unwrap_or_default())),
            }),
        };
        let port = url.port().map_or_else(String::new, |p| format!(":{p}"));
        Ok(Self {
            origin: format!("{}://{host}{port}", url.scheme()),
            path: url.path().split('/').filter(|p| !p.is_empty()).map(decode_percent).collect(),
            folder: url.path().ends_with('/'),
            auth,
        })
    }

    /// The address that a Cloud ID stands for. Behind its name it has, in Base64, a domain and the host of Elasticsearch below it,
    /// with `$` between.
    fn of_cloud(id: &str) -> Result<Self, String> {
        // Base64 may hold a `/`, so what follows the last one is an index only when the whole is no Cloud ID.
        let (server, path) = match (cloud_server(id), id.rsplit_once('/')) {
            (Some(server), _) => (server, Vec::new()),
            (None, Some((id, index))) => (cloud_server(id).ok_or("it is no Cloud ID")?, vec![decode_percent(index)]),
            (None, None) => return Err("it is no Cloud ID".to_owned()),
        };
        let address = Self::parse(&server)?;
        Ok(Self { folder: path.is_empty(), path, ..address })
    }

    /// The address with its whole path, for a server behind a proxy.
    pub(super) fn whole(&self) -> String {
        join(&self.origin, &self.path)
    }

    /// The server's address, and the index expressions in the last part of the path.
    pub(super) fn split(&self) -> (String, Vec<String>) {
        match self.path.split_last() {
            Some((last, prefix)) if !self.folder => {
                (join(&self.origin, prefix), last.split(',').map(str::trim).filter(|i| !i.is_empty()).map(str::to_owned).collect())
            }
            _ => (self.whole(), Vec::new()),
        }
    }
}

/// `NAME:BASE64` as `https://HOST.DOMAIN:PORT`.
fn cloud_server(id: &str) -> Option<String> {
    let decoded = BASE64_STANDARD.decode(id.rsplit_once(':').map_or(id, |(_, encoded)| encoded)).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let mut parts = text.split('$');
    let (domain, host) = (parts.next()?, parts.next()?);
    let with_port = |text: &'_ str| match text.rsplit_once(':') {
        Some((name, port)) => (name.to_owned(), Some(port.to_owned())),
        None => (text.to_owned(), None),
    };
    let ((domain, domain_port), (host, host_port)) = (with_port(domain), with_port(host));
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    let port: u16 = host_port.or(domain_port).map_or(Some(443), |port| port.parse().ok())?;
    (is_name(&domain) && is_name(&host)).then(|| format!("https://{host}.{domain}:{port}"))
}

fn join(origin: &str, path: &[String]) -> String {
    path.iter().fold(origin.to_owned(), |url, part| format!("{url}/{part}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::config::environment::Environment;
    use secrecy::ExposeSecret;

    #[test]
    fn the_last_part_of_the_path_is_the_index() {
        let split = |text| Address::parse(text).unwrap().split();
        assert_eq!(split("https://h:9200/winlogbeat-*,x"), ("https://h:9200".into(), vec!["winlogbeat-*".into(), "x".into()]));
        assert_eq!(split("http://h/es/idx%2D1"), ("http://h/es".into(), vec!["idx-1".into()]));
        assert_eq!(split("http://[::1]:9200/es/"), ("http://[::1]:9200/es".into(), vec![]));
        assert_eq!(split("https://h"), ("https://h".into(), vec![]));
    }

    #[test]
    fn a_cloud_id_names_a_server() {
        let id = |text: &str| format!("cloud:my:{}", BASE64_STANDARD.encode(text));
        let split = |text: &str| Address::parse(text).map(|address| address.split());
        let host = |url: &str, indices: &[&str]| Ok((url.to_owned(), indices.iter().map(|i| (*i).to_owned()).collect()));
        assert_eq!(split(&id("eu.example.io$abc$def")), host("https://abc.eu.example.io", &[]));
        assert_eq!(split(&id("eu.example.io:9243$abc$def")), host("https://abc.eu.example.io:9243", &[]));
        assert_eq!(split(&id("eu.example.io:1$abc:9244")), host("https://abc.eu.example.io:9244", &[]));
        assert_eq!(split(&format!("{}/winlogbeat-*", id("io$abc$def"))), host("https://abc.io", &["winlogbeat-*"]));
        for bad in ["cloud:", "cloud:my:!!", &id("nothing"), &id("$a"), &id("a.b$c/d"), &id("a.b$c:99999"), &id("a@b$c")] {
            assert_eq!(split(bad), Err("it is no Cloud ID".to_owned()), "{bad}");
        }
    }

    #[test]
    fn credentials_are_taken_out_and_decoded() {
        let address = Address::parse("https://us%40er:p%3Aw%2f@h:9200/i").unwrap();
        assert_eq!(address.whole(), "https://h:9200/i");
        let Some(Auth::Basic { username, password }) = &address.auth else { panic!("no credentials") };
        let value = |s: &Secret| s.resolve(&Environment::default()).unwrap().expose_secret().to_owned();
        assert_eq!((value(username), value(password)), ("us@er".to_owned(), "p:w/".to_owned()));
        assert!(!format!("{address:?}").contains("p:w"));
    }

    #[test]
    fn errors_do_not_repeat_the_text() {
        for bad in ["https://u:hunter2@", "ftp://u:hunter2@h/", "https://u:hunter2@h:99999/x", "https://h/x?key=hunter2", "hunter2"]
        {
            let error = Address::parse(bad).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
