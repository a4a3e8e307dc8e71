//! Addresses of clusters. Credentials are separated at once, and errors never repeat the text.

use super::secret::Secret;
use crate::source::elastic::{Auth, decode_percent};
use reqwest::Url;

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
