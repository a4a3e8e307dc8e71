//! Ways to a server: certificates of authorities, of the server itself and of the client, and proxies.

use super::fake::{Fake, context, everything};
use crate::support::stub::{Response, Stub};
use huntc_runtime::source::DataSource;
use huntc_runtime::source::elastic::{Auth, ClientCertificate, ElasticConfig, ElasticSource, Proxy, fingerprint};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

fn pem(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/support/tls/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a file of the tests")
}

fn certificates(names: &[&str]) -> Vec<CertificateDer<'static>> {
    names.iter().map(|name| CertificateDer::from_pem_slice(pem(name).as_bytes()).expect("a certificate")).collect()
}

fn sha256(name: &str) -> [u8; 32] {
    fingerprint(&crate::oracle::sha256::hex(certificates(&[name])[0].as_ref())).expect("64 digits")
}

/// Speaks TLS before a server without. `NAME.pem` and `NAME.key` are its certificate and key. Answers the port.
fn tls_before(url: &str, chain: &[&str], asks_for_client: bool) -> u16 {
    let target = url.trim_start_matches("http://").to_owned();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = chain[0].replace(".pem", ".key");
    let key = PrivateKeyDer::from_pem_slice(pem(&key).as_bytes()).expect("a key");
    let builder = if asks_for_client {
        let mut roots = RootCertStore::empty();
        roots.add(certificates(&["ca.pem"]).remove(0)).expect("an authority");
        ServerConfig::builder()
            .with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier"))
    } else {
        ServerConfig::builder().with_no_client_auth()
    };
    let config = Arc::new(builder.with_single_cert(certificates(chain), key).expect("certificate and key"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback is free");
    let port = listener.local_addr().expect("the port is known").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, target) = (Arc::clone(&config), target.clone());
            thread::spawn(move || {
                let connection = ServerConnection::new(config).expect("a connection");
                let mut client = StreamOwned::new(connection, stream);
                let mut server = TcpStream::connect(target).expect("the server listens");
                exchange(&mut client, &mut server);
            });
        }
    });
    port
}

/// Passes requests with their bodies on, and the answers back, one after the other.
fn exchange(client: &mut StreamOwned<ServerConnection, TcpStream>, server: &mut TcpStream) -> Option<()> {
    loop {
        for direction in [true, false] {
            let from: &mut dyn Read = if direction { client } else { server };
            let message = message(from)?;
            let to: &mut dyn Write = if direction { server } else { client };
            to.write_all(&message).ok()?;
            to.flush().ok()?;
        }
    }
}

/// A message of HTTP whose length is said.
fn message(from: &mut dyn Read) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let mut byte = [0];
    while !all.ends_with(b"\r\n\r\n") {
        from.read_exact(&mut byte).ok()?;
        all.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&all).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    from.read_exact(&mut body).ok()?;
    all.extend(body);
    Some(all)
}

/// The number of records that come, or the code and the notes of the error.
fn read(fake: &Fake, port: u16, set: impl FnOnce(&mut ElasticConfig)) -> Result<usize, (&'static str, String)> {
    let source = fake.source(|c| {
        c.url = format!("https://127.0.0.1:{port}").parse().expect("an address");
        set(c);
    });
    let read = source.fetch(&everything(), &context());
    read.map(|records| records.len()).map_err(|e| (e.code.id, format!("{} {:?} {:?}", e.message, e.notes, e.helps)))
}

fn code(read: Result<usize, (&'static str, String)>) -> &'static str {
    read.expect_err("it is not trusted").0
}

#[test]
fn a_server_is_trusted_by_its_authority_itself_or_a_fingerprint() {
    let fake = Fake::with(10, |_, right, _| right);
    let signed = tls_before(fake.url(), &["server.pem", "ca.pem"], false);
    let alone = tls_before(fake.url(), &["alone.pem"], false);
    let ca = |name: &'static str| move |c: &mut ElasticConfig| c.ca_pem = Some(pem(name));
    let pinned = |name: &'static str| move |c: &mut ElasticConfig| c.fingerprint = Some(sha256(name));
    assert_eq!(read(&fake, signed, ca("ca.pem")), Ok(10));
    assert_eq!(read(&fake, signed, pinned("ca.pem")), Ok(10), "an authority in the chain");
    assert_eq!(read(&fake, signed, pinned("server.pem")), Ok(10), "the certificate itself");
    assert_eq!(read(&fake, alone, ca("alone.pem")), Ok(10), "neither an authority, nor with this name");
    assert_eq!(read(&fake, alone, pinned("alone.pem")), Ok(10));
    assert_eq!(read(&fake, alone, |c| c.insecure = true), Ok(10));
    assert_eq!(code(read(&fake, signed, |_| ())), "K0703");
    assert_eq!(code(read(&fake, signed, ca("alone.pem"))), "K0703");
    assert_eq!(code(read(&fake, alone, ca("ca.pem"))), "K0703");
    let (id, text) = read(&fake, signed, pinned("alone.pem")).expect_err("another one");
    let own: Vec<String> = sha256("server.pem").iter().map(|byte| format!("{byte:02X}")).collect();
    assert!(id == "K0703" && text.contains(&own.join(":")), "{text}");
    assert_eq!(fingerprint(&own.join(":")), Some(sha256("server.pem")));
}

#[test]
fn a_client_shows_its_certificate() {
    let fake = Fake::with(10, |_, right, _| right);
    let port = tls_before(fake.url(), &["server.pem"], true);
    let with = |chain: &'static str, key: &'static str| {
        move |c: &mut ElasticConfig| {
            c.ca_pem = Some(pem("ca.pem"));
            c.client_certificate = Some(ClientCertificate { chain: pem(chain), key: pem(key).into() });
        }
    };
    assert_eq!(read(&fake, port, with("client.pem", "client.key")), Ok(10));
    assert_eq!(code(read(&fake, port, with("alone.pem", "alone.key"))), "K0703");
    assert_eq!(code(read(&fake, port, |c| c.ca_pem = Some(pem("ca.pem")))), "K0703");
    let mut config = ElasticConfig::new("stub", "https://127.0.0.1:1", "x").expect("an address");
    for (chain, key) in [("client.pem", "alone.key"), ("client.key", "client.key"), ("client.pem", "client.pem")] {
        with(chain, key)(&mut config);
        let error = ElasticSource::new(config.clone()).map(drop).expect_err("they do not belong together");
        assert!(error.code.id == "K0717" && !format!("{error:?}{config:?}").contains("MIG"), "{error:?}");
    }
}

/// A proxy that connects to wherever it is told, and what it was told. Answers its address.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback is free");
    let address = format!("127.0.0.1:{}", listener.local_addr().expect("the port is known").port());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut reader = BufReader::new(client.try_clone().expect("a copy"));
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|n| n > 0) {}
            log.lock().expect("no thread panicked").push(head.clone());
            let target = head.split(' ').nth(1).expect("a target").to_owned();
            let mut server = TcpStream::connect(target).expect("the server listens");
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("the client listens");
            let (mut from, mut to) = (client.try_clone().expect("a copy"), server.try_clone().expect("a copy"));
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            thread::spawn(move || std::io::copy(&mut server, &mut client));
        }
    });
    (address, asked)
}

#[test]
fn a_proxy_leads_to_the_server() {
    let fake = Fake::with(10, |_, right, _| right);
    let port = tls_before(fake.url(), &["server.pem"], false);
    let (address, asked) = proxy();
    let through = |url: String| {
        move |c: &mut ElasticConfig| {
            c.ca_pem = Some(pem("ca.pem"));
            c.auth = Auth::basic("bob", "for-the-server");
            c.proxy = Some(Proxy { url: url.into(), except: None });
        }
    };
    assert_eq!(read(&fake, port, through(format!("http://u:hunter2@{address}"))), Ok(10));
    let heads = asked.lock().expect("no thread panicked").join("");
    assert!(
        heads.contains(&format!("CONNECT 127.0.0.1:{port} "))
            && heads.to_lowercase().contains("proxy-authorization: basic dtpodw50zxiy"),
        "{heads}"
    );
    assert!(!heads.to_lowercase().contains("\r\nauthorization"), "the proxy learns nothing of the server's credentials");
    let stub = Stub::start(|_| Response::text(407, "who are you"));
    for url in [stub.url.replace("http://", "http://u:hunter2@"), "http://u:hunter2@127.0.0.1:1".to_owned()] {
        let (id, text) = read(&fake, port, through(url)).expect_err("the proxy refuses");
        assert!(id == "K0702" && text.contains("through the proxy http://127.0.0.1") && !text.contains("hunter2"), "{id} {text}");
    }
    let mut config = ElasticConfig::new("stub", "https://127.0.0.1:1", "x").expect("an address");
    config.proxy = Some(Proxy { url: "http://u:hunter2@".into(), except: None });
    let error = ElasticSource::new(config).map(drop).expect_err("it is no address");
    assert!(error.code.id == "K0716" && !format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn the_wrong_protocol_is_told_by_its_name() {
    let fake = Fake::with(10, |_, right, _| right);
    let plain: u16 = fake.url().rsplit_once(':').expect("a port").1.parse().expect("a number");
    let (id, text) = read(&fake, plain, |_| ()).expect_err("it speaks no TLS");
    assert!(id == "K0703" && text.contains("does not speak TLS") && text.contains("http://"), "{text}");
    let port = tls_before(fake.url(), &["server.pem"], false);
    let (id, text) =
        read(&fake, port, |c| c.url = format!("http://127.0.0.1:{port}").parse().expect("an address")).expect_err("it does");
    assert!(id == "K0702" && text.contains("write https://"), "{id} {text}");
}
