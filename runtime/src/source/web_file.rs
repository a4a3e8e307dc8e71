//! Files that an `https://` or `http://` address names: fetched once, into a temporary file, and read from there.
//!
//! A hunt that a stranger wrote must not reach out. So only hosts are asked that the user allowed by name, redirects included,
//! on the usual ports unless a port was allowed too; nothing is sent but the request, and no credentials.

use super::SourceError;
use super::elastic::Proxy;
use crate::allowance::Allowance;
use huntc_compiler::diag::codes::run::{FETCH_FAILED, FETCH_NOT_ALLOWED};
use reqwest::header::LOCATION;
use reqwest::{Client, Response, Url};
use secrecy::ExposeSecret as _;
use std::future::Future;
use std::io::Write as _;
use std::pin::pin;
use std::time::Duration;
use tempfile::{NamedTempFile, TempPath};

/// The longest time for a connection, and for what comes over it to go on.
const CONNECT: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_mins(1);
/// How often a waiting request asks whether its hunt may go on.
const POLL: Duration = Duration::from_millis(40);
/// The most redirects that are followed.
const MOST_REDIRECTS: usize = 5;

/// A host that may be asked, `HOST` or `HOST:PORT`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AllowedHost {
    host: String,
    /// `None`: the usual port of the scheme.
    port: Option<u16>,
}

impl AllowedHost {
    /// Reads a host; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains("://") || text.contains(['/', '?', '#', '@', '*', ' ']) {
            return Err("it is not the name of one host");
        }
        let url = Url::parse(&format!("https://{text}/")).map_err(|_| "it is not the name of a host")?;
        let host = url.host_str().ok_or("it is not the name of a host")?.to_owned();
        // The parser leaves the port of `https` out.
        let port = url.port().or_else(|| text.ends_with(":443").then_some(443));
        Ok(Self { host, port })
    }

    /// The host of an address, with its port where it is not the usual one.
    pub fn of(url: &Url) -> Option<Self> {
        Some(Self { host: url.host_str()?.to_owned(), port: url.port() })
    }

    fn allows(&self, url: &Url) -> bool {
        let usual = url.port().is_none();
        url.host_str() == Some(self.host.as_str()) && self.port.map_or(usual, |port| url.port_or_known_default() == Some(port))
    }
}

impl std::fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// Reads the address of a file. The error says what is wrong, and does not repeat it.
pub fn address(text: &str) -> Result<Url, &'static str> {
    let mut url = Url::parse(text).map_err(|_| "it is no address")?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("it is no `https://` or `http://` address");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds credentials, which are not sent");
    }
    url.set_fragment(None);
    Ok(url)
}

/// The error of an address whose host may not be asked; `None` where it may.
pub fn not_allowed(url: &Url, hosts: &[AllowedHost]) -> Option<SourceError> {
    if hosts.iter().any(|host| host.allows(url)) {
        return None;
    }
    let host = AllowedHost::of(url)?;
    let error = SourceError::new(&FETCH_NOT_ALLOWED, format!("nothing is fetched from {host} unless you allow it"));
    Some(error.help(format!("`--allow-fetch {host}`, or `allow_fetch = [\"{host}\"]` under [run] in huntc.toml")))
}

/// Fetches a file. It is removed with the path.
pub fn fetch(url: &Url, hosts: &[AllowedHost], proxy: Option<&Proxy>, allowance: &Allowance) -> Result<TempPath, SourceError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed(url, "no connection can be set up").note(e.to_string()))?;
    let client = client(url, proxy)?;
    let fetched = runtime.block_on(async {
        let response = answer(&client, url, hosts, allowance).await?;
        body(response, url, allowance).await
    });
    // A name lookup that hangs must not delay the end of the program.
    runtime.shutdown_background();
    fetched
}

fn client(url: &Url, proxy: Option<&Proxy>) -> Result<Client, SourceError> {
    // Another part of the program may have installed a provider already; both are good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("huntc/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .gzip(false)
        .connect_timeout(CONNECT)
        .no_proxy();
    let builder = match proxy {
        None => builder,
        Some(Proxy { url: through, except }) => {
            let proxy = reqwest::Proxy::all(through.expose_secret());
            let proxy =
                proxy.map_err(|_| failed(url, "the address of the proxy cannot be used").help("write it as `http://HOST:PORT`"))?;
            builder.proxy(proxy.no_proxy(except.as_deref().and_then(reqwest::NoProxy::from_string)))
        }
    };
    builder.build().map_err(|e| failed(url, "no connection can be set up").note(cause(&e)))
}

/// The answer with the file, behind all redirects.
async fn answer(client: &Client, url: &Url, hosts: &[AllowedHost], allowance: &Allowance) -> Result<Response, SourceError> {
    let mut at = url.clone();
    for _ in 0..=MOST_REDIRECTS {
        if let Some(error) = not_allowed(&at, hosts) {
            return Err(if at == *url { error } else { error.note(format!("{} leads there", shown(url))) });
        }
        let response = watch(allowance, url, client.get(at.clone()).send()).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
        let Some(target) = target.filter(|_| status.is_redirection()) else {
            return Err(failed(&at, &format!("it answered {status}")).help("check the address"));
        };
        let next = at.join(target).map_err(|_| "it is no address").and_then(|next| address(next.as_str()));
        let next = next.map_err(|why| failed(&at, "it redirects to an address that cannot be used").note(why))?;
        if at.scheme() == "https" && next.scheme() == "http" {
            return Err(failed(&at, "it redirects from `https` to `http`").note("what comes unencrypted may be another one's"));
        }
        at = next;
    }
    Err(failed(url, &format!("it redirects more than {MOST_REDIRECTS} times")))
}

/// Writes what comes into a file that only the user can read.
async fn body(mut response: Response, url: &Url, allowance: &Allowance) -> Result<TempPath, SourceError> {
    let unwritten = |e: std::io::Error| {
        failed(url, "it cannot be written to a temporary file").note(e.to_string()).help("set TMPDIR to a folder with room")
    };
    let name = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(100).collect();
    let mut file: NamedTempFile =
        tempfile::Builder::new().prefix("huntc-").suffix(&format!("-{plain}")).tempfile().map_err(unwritten)?;
    // As much as a hunt may hold in memory, it may fetch.
    let mut held = allowance.lend("a file that is fetched");
    while let Some(chunk) = watch(allowance, url, response.chunk()).await? {
        held.grow(chunk.len())?;
        file.write_all(&chunk).map_err(unwritten)?;
    }
    file.flush().map_err(unwritten)?;
    Ok(file.into_temp_path())
}

/// Waits for something to come, as long as the hunt may go on.
async fn watch<T>(
    allowance: &Allowance,
    url: &Url,
    work: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, SourceError> {
    let mut work = pin!(tokio::time::timeout(SILENCE, work));
    loop {
        match tokio::time::timeout(POLL, work.as_mut()).await {
            Ok(Ok(Ok(done))) => return Ok(done),
            Ok(Ok(Err(error))) => {
                return Err(failed(url, "the connection failed").note(cause(&error)).help("try the address with `curl -fLO`"));
            }
            Ok(Err(_)) => return Err(failed(url, &format!("nothing came for {} s", SILENCE.as_secs()))),
            Err(_) => allowance.check()?,
        }
    }
}

fn failed(url: &Url, what: &str) -> SourceError {
    SourceError::new(&FETCH_FAILED, format!("cannot fetch {}: {what}", shown(url)))
}

/// An address without what may be a secret: what stands behind `?`.
pub fn shown(url: &Url) -> String {
    let mut plain = url.clone();
    plain.set_query(None);
    if url.query().is_some() { format!("{plain}?…") } else { plain.to_string() }
}

/// The innermost cause, which holds no address.
fn cause(error: &reqwest::Error) -> String {
    let chain = std::iter::successors(std::error::Error::source(error), |e| (*e).source());
    chain.last().map_or_else(|| "the connection failed".to_owned(), ToString::to_string)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_and_ports_that_are_named_are_allowed() {
        let allows = |host: &str, url: &str| not_allowed(&address(url).unwrap(), &[AllowedHost::parse(host).unwrap()]).is_none();
        assert!(allows("a.example", "https://a.example/x"));
        assert!(allows("a.example", "http://A.Example/x"));
        assert!(allows("a.example:8443", "https://a.example:8443/x"));
        assert!(allows("a.example:443", "https://a.example/x"));
        assert!(allows("127.0.0.1:80", "http://127.1/"));
        assert!(allows("[::1]:9000", "http://[0:0::1]:9000/"));
        for (host, url) in [
            ("a.example", "https://a.example:8443/x"),
            ("a.example", "https://b.a.example/x"),
            ("a.example", "https://a.example.b/x"),
            ("a.example:8443", "https://a.example/x"),
            ("a.example:443", "http://a.example/x"),
            ("example", "https://a.example/x"),
            ("localhost", "http://127.0.0.1/"),
        ] {
            assert!(!allows(host, url), "{host} {url}");
        }
        for none in ["", "*", "*.example", "https://a.example", "a/b", "u@a", "a:b", "a b"] {
            assert!(AllowedHost::parse(none).is_err(), "{none}");
        }
    }

    #[test]
    fn addresses_hold_no_credentials_and_show_no_query() {
        for none in ["https://u:p@h/x", "https://u@h/x", "ftp://h/x", "file:///etc/passwd", "x", "https://"] {
            assert!(address(none).is_err(), "{none}");
        }
        assert_eq!(shown(&address("https://h/a.json?token=secret#x").unwrap()), "https://h/a.json?…");
    }
}
