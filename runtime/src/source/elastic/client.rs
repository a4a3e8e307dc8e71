//! HTTP to one server: connections, credentials, and single tries of requests, which can be cancelled at any moment.

use super::answer_body::AnswerBody;
use super::auth::Auth;
use super::config::{ElasticConfig, Proxy, decode_percent};
use super::fault::{self, Fault, FaultKind};
use super::server;
use super::tls::{self, TlsFault};
use crate::source::{FetchContext, SourceError};
use flate2::Compression;
use flate2::write::GzEncoder;
use huntc_compiler::diag::codes::elastic::{BAD_CERTIFICATE, BAD_CLUSTER_ADDRESS};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, Url};
use secrecy::ExposeSecret;
use std::error::Error;
use std::future::Future;
use std::io::{ErrorKind, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a waiting request asks whether its hunt may go on.
const POLL: Duration = Duration::from_millis(40);
/// Bodies of at least this many bytes are sent compressed.
const PACK_FROM: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query below the server's address: `_search?…`.
    pub(super) path: String,
    /// JSON text.
    pub(super) body: Option<Vec<u8>>,
    pub(super) timeout: Duration,
    /// Whether less can be asked for where the server lacks the memory for all of it.
    pub(super) shrinks: bool,
}

/// An answer with a status of success.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A server and its open connections.
pub(super) struct Client {
    http: reqwest::Client,
    /// Drives the sockets. A request itself, with its decompression, runs on the thread that waits for it.
    runtime: Option<tokio::runtime::Runtime>,
    base: Url,
    answer_limit: usize,
    auth: Auth,
    /// Whether the server has answered before. If so, a refused connection may mean that it restarts.
    known: AtomicBool,
}

impl Client {
    pub(super) fn new(config: &ElasticConfig) -> Result<Self, SourceError> {
        let http = build(config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("huntc-net").enable_all().build();
        let runtime = runtime.map_err(|e| {
            SourceError::new(&BAD_CLUSTER_ADDRESS, format!("source `{}`: no connection can be set up", config.name))
                .note(e.to_string())
        })?;
        let base = config.url.clone();
        Ok(Self {
            http,
            runtime: Some(runtime),
            base,
            answer_limit: config.answer_limit,
            auth: config.auth.clone(),
            known: AtomicBool::new(false),
        })
    }

    /// One try of a request. It ends as soon as its hunt may not go on: the connection is closed, which ends the work on
    /// the server.
    pub(super) fn send(&self, call: &Call, context: &FetchContext) -> Result<Reply, Fault> {
        context.allowance.check().map_err(Fault::spent)?;
        let Some(runtime) = &self.runtime else { return Err(Fault::new(FaultKind::Refused, "the client is closed")) };
        let reply = runtime.block_on(watch(context, call.timeout, self.exchange(call, context)));
        if let Ok(reply) = &reply {
            context.stats.bytes.fetch_add(reply.body.len() as u64, Ordering::Relaxed);
        }
        reply
    }

    async fn exchange(&self, call: &Call, context: &FetchContext) -> Result<Reply, Fault> {
        let url = below(&self.base, &call.path)?;
        let mut request = self.http.request(call.method.clone(), url);
        if !context.request_id.is_empty() {
            request = request.header("x-opaque-id", fault::clean(&context.request_id));
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json");
            request = match pack(body) {
                Some(packed) => request.header(CONTENT_ENCODING, "gzip").body(packed),
                None => request.body(body.clone()),
            };
        }
        let mut answer = request.send().await.map_err(|e| unanswered(&e, self.is_known()))?;
        let status = answer.status();
        self.known.fetch_or(status.is_success(), Ordering::Relaxed);
        let headers = answer.headers().clone();
        let mut body = AnswerBody::new(&headers, self.answer_limit, context.allowance.lend("the answer of a server"));
        while let Some(chunk) = answer.chunk().await.map_err(|e| Fault::new(FaultKind::Cut, describe(&e)))? {
            body.take(&chunk)?;
        }
        let body = body.finish()?;
        if status.is_success() {
            Ok(Reply { headers, body })
        } else {
            Err(refused(status, &headers, self.auth.hide(&String::from_utf8_lossy(&body)).as_bytes()))
        }
    }

    /// Whether the server has answered a request well before.
    pub(super) fn is_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }
}

/// The fault of a request that got no answer.
fn unanswered(error: &reqwest::Error, known: bool) -> Fault {
    let io =
        |kinds: &[ErrorKind]| chain(error).any(|e| e.downcast_ref::<std::io::Error>().is_some_and(|e| kinds.contains(&e.kind())));
    let ended = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::ConnectionAborted, ErrorKind::BrokenPipe];
    let kind = if let Some(tls) = chain(error).find_map(of_tls) {
        if matches!(tls, rustls::Error::InvalidMessage(_)) { FaultKind::NoTls } else { FaultKind::Tls }
    } else if error.is_timeout() {
        if error.is_connect() { FaultKind::ConnectTimeout } else { FaultKind::Timeout }
    } else if error.is_connect() && chain(error).any(|e| e.to_string().contains("dns error")) {
        FaultKind::UnknownHost
    } else if error.is_connect() && !io(&ended) {
        FaultKind::Refused
    } else if known {
        FaultKind::Dropped
    } else {
        FaultKind::Closed
    };
    Fault::new(kind, describe(error))
}

impl Drop for Client {
    fn drop(&mut self) {
        // A name lookup that hangs must not delay the end of the program.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The address of a path below the server's. No path leads to another host or out of the server's own path, whatever names are
/// in it: it is set as a path, never read as an address.
fn below(base: &Url, path: &str) -> Result<Url, Fault> {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    if path.split('/').any(|part| matches!(decode_percent(part).as_str(), "." | "..")) {
        return Err(Fault::new(FaultKind::Rejected, "a part of the path is `.` or `..`"));
    }
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(query);
    Ok(url)
}

/// Waits until `work` ends, the hunt may not go on, or the time limit is reached.
async fn watch<T>(context: &FetchContext, limit: Duration, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let mut work = pin!(tokio::time::timeout(limit, work));
    loop {
        match tokio::time::timeout(POLL, work.as_mut()).await {
            Ok(Ok(done)) => return done,
            Ok(Err(_)) => return Err(Fault::new(FaultKind::Timeout, format!("no answer within {} s", limit.as_secs_f64()))),
            Err(_) => context.allowance.check().map_err(Fault::spent)?,
        }
    }
}

fn build(config: &ElasticConfig) -> Result<reqwest::Client, SourceError> {
    // Another part of the program may have installed a provider already; both are good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let unusable = |what: &str| SourceError::new(&BAD_CLUSTER_ADDRESS, format!("source `{}`: {what}", config.name));
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(value) = authorization(&config.auth) {
        let value = value.map_err(|()| {
            unusable("the credentials hold characters that cannot be sent").help("look for line breaks at the end of the secret")
        })?;
        headers.insert(AUTHORIZATION, value);
    }
    let builder = reqwest::Client::builder()
        .user_agent(concat!("huntc/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        // What comes is unpacked here: the client would hand on four kilobytes at a time.
        .no_gzip()
        .tcp_nodelay(true)
        .connect_timeout(config.connect_timeout)
        .pool_max_idle_per_host(config.concurrency.max(1))
        // The environment of the process is looked at where the configuration is read.
        .no_proxy();
    let builder = match &config.proxy {
        None => builder,
        Some(Proxy { url, except }) => {
            let proxy = reqwest::Proxy::all(url.expose_secret())
                .map_err(|_| unusable("the address of the proxy cannot be used").help("write it as `http://HOST:PORT`"))?;
            builder.proxy(proxy.no_proxy(except.as_deref().and_then(reqwest::NoProxy::from_string)))
        }
    };
    // Without TLS no certificates are used, so a system without any is no obstacle.
    let builder = if config.url.scheme() == "http" {
        config.authorities()?;
        builder.tls_certs_only([])
    } else {
        let client = config.client_certificate.as_ref();
        let tls = tls::client_config(config.authorities()?, config.fingerprint, config.insecure, client);
        builder.tls_backend_preconfigured(tls.map_err(|fault| no_tls(config, fault))?)
    };
    builder.build().map_err(|e| unusable("no connection can be set up").note(describe(&e)))
}

fn no_tls(config: &ElasticConfig, fault: TlsFault) -> SourceError {
    let (code, what, help) = match fault {
        TlsFault::Broken(e) => {
            let what = format!("source `{}`: no connection can be set up", config.name);
            return SourceError::new(&BAD_CLUSTER_ADDRESS, what).note(e.to_string());
        }
        TlsFault::Chain => (
            &BAD_CERTIFICATE,
            "the certificate of the client is not in PEM form",
            "a PEM file begins with `-----BEGIN CERTIFICATE-----`",
        ),
        TlsFault::Key => (
            &BAD_CERTIFICATE,
            "the key of the client cannot be read",
            "a PEM file without passphrase is needed: `openssl pkey -in client.key -out plain.key`",
        ),
        TlsFault::Pair => (
            &BAD_CERTIFICATE,
            "certificate and key of the client do not belong together",
            "compare `openssl x509 -pubkey -noout -in CERT` with `openssl pkey -pubout -in KEY`",
        ),
    };
    SourceError::new(code, format!("source `{}`: {what}", config.name)).help(help)
}

/// The `Authorization` header, marked as sensitive so that it is never logged.
fn authorization(auth: &Auth) -> Option<Result<HeaderValue, ()>> {
    Some(HeaderValue::from_str(&auth.header()?).map_err(drop).map(|mut value| {
        value.set_sensitive(true);
        value
    }))
}

/// The gzip form of a large body; `None` when the body is small.
fn pack(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < PACK_FROM {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

fn refused(status: reqwest::StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let wait = text(RETRY_AFTER).and_then(|v| v.trim().parse().ok()).map(Duration::from_secs);
    let mut fault = fault::of_answer(status.as_u16(), wait, body);
    fault.product = server::of_headers(headers);
    if status.is_redirection() {
        // The target of a redirect helps the user; what follows `?` may contain a session, so it is cut off.
        let target = text(LOCATION).unwrap_or("").split(['?', '#']).next().unwrap_or("");
        fault.reason = fault::clean(&format!("{status}, Location: {}", without_credentials(target)));
    }
    fault
}

/// An address without the user and password before `@`.
fn without_credentials(address: &str) -> String {
    match (address.find("://"), address.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}{}", &address[..scheme + 3], &address[at + 1..]),
        _ => address.to_owned(),
    }
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |e: &&(dyn Error + 'static)| (*e).source())
}

/// TLS errors are inside I/O errors, which do not name them as their source.
fn of_tls<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let inside = inside.map(|e| e as &(dyn Error + 'static));
    error.downcast_ref::<rustls::Error>().or_else(|| inside.or_else(|| error.source()).and_then(of_tls))
}

/// The text of the innermost cause, which contains no address.
fn describe(error: &reqwest::Error) -> String {
    chain(error).last().map_or_else(|| "the connection failed".to_owned(), ToString::to_string)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_the_server() {
        let base = Url::parse("https://good:9200/es/").unwrap();
        let at = |path: &str| below(&base, path).map(|url| url.to_string()).map_err(|fault| fault.reason);
        assert_eq!(at("http:127.0.0.1:9/_search?a=b").unwrap(), "https://good:9200/es/http:127.0.0.1:9/_search?a=b");
        assert_eq!(at("//evil/_search").unwrap(), "https://good:9200/es///evil/_search");
        assert_eq!(at("c:x-*,y/_pit?k=1m").unwrap(), "https://good:9200/es/c:x-*,y/_pit?k=1m");
        assert_eq!(at("%3Clogs-%7Bnow%2Fd%7D%3E/_pit").unwrap(), "https://good:9200/es/%3Clogs-%7Bnow%2Fd%7D%3E/_pit");
        assert_eq!(at("").unwrap(), "https://good:9200/es/");
        for bad in ["../_search", "a/%2e%2E/x", "./x"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_never_show() {
        let header = authorization(&Auth::basic("bob", "s3cret"));
        assert!(!format!("{header:?}").contains("czNjcmV0"), "{header:?}");
        assert_eq!(without_credentials("https://a:b@host/x"), "https://host/x");
        assert_eq!(without_credentials("/login"), "/login");
    }
}
