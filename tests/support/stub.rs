//! An HTTP server in this process: keep-alive, one thread a connection, answers made by a closure.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came, its body unpacked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Null where there is none, or several.
    pub(crate) body: serde_json::Value,
    /// The same as it came.
    pub(crate) text: String,
}

impl Request {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Time before the first byte.
    pub(crate) delay: Duration,
    /// End the connection after so many bytes of the body.
    pub(crate) cut: Option<usize>,
    pub(crate) gzip: bool,
    /// Say this length instead of the body's own.
    pub(crate) length: Option<usize>,
    /// Say no length, and send the body again and again until the client has enough, with so much time between two of them.
    pub(crate) endless: Option<Duration>,
}

impl Response {
    /// An answer with a JSON body.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// An answer with any text.
    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            delay: Duration::ZERO,
            cut: None,
            gzip: false,
            length: None,
            endless: None,
        }
    }

    /// The end of the connection instead of an answer.
    pub(crate) fn none() -> Self {
        Self::text(0, "")
    }

    /// With a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running server; its threads end with the test process.
pub(crate) struct Stub {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Stub {
    /// Starts a server that answers as told.
    pub(crate) fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback is free");
        let url = format!("http://{}", listener.local_addr().expect("the port is known"));
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (log, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A body that waits for the receipt of its head would take 40 ms.
                let _ = stream.set_nodelay(true);
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &log, &*answer));
            }
        });
        Self { url, requests }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no test thread panicked").clone()
    }
}

/// A port on which nothing listens.
pub(crate) fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback is free");
    listener.local_addr().expect("the port is known").port()
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request) -> Response) {
    let mut reader = BufReader::new(stream);
    let mut plain = false;
    while let Some(request) = read(&mut reader) {
        plain = true;
        let accepts_gzip = request.header("accept-encoding").is_some_and(|v| v.contains("gzip"));
        log.lock().expect("no test thread panicked").push(request.clone());
        let response = answer(&request);
        thread::sleep(response.delay);
        if write(stream, &response, accepts_gzip).is_none() || response.cut.is_some() {
            return;
        }
    }
    if !plain {
        // Servers answer so to what is no HTTP, such as a client that speaks TLS.
        let _ = (&mut &*stream).write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let mut body = vec![0; header("content-length").and_then(|v| v.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    if header("content-encoding") == Some("gzip") {
        let mut plain = Vec::new();
        GzDecoder::new(&body[..]).read_to_end(&mut plain).ok()?;
        body = plain;
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let text = String::from_utf8_lossy(&body).into_owned();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Request { method, path: path.to_owned(), query: query.to_owned(), headers, body, text })
}

fn write(mut stream: &TcpStream, response: &Response, accepts_gzip: bool) -> Option<()> {
    if response.status == 0 {
        return None;
    }
    let packed = response.gzip && accepts_gzip;
    let body = if packed {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&response.body).ok()?;
        encoder.finish().ok()?
    } else {
        response.body.clone()
    };
    let mut head = format!("HTTP/1.1 {} X\r\nContent-Type: application/json\r\n", response.status);
    if response.endless.is_none() {
        head = format!("{head}Content-Length: {}\r\n", response.length.unwrap_or(body.len()));
    }
    if packed {
        head.push_str("Content-Encoding: gzip\r\n");
    }
    for (name, value) in &response.headers {
        head = head + name + ": " + value + "\r\n";
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    while let Some(between) = response.endless {
        stream.write_all(&body).ok()?;
        thread::sleep(between);
    }
    stream.write_all(&body[..response.cut.unwrap_or(body.len()).min(body.len())]).ok()?;
    stream.flush().ok()
}
