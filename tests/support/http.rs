//! A client of plain HTTP/1.1 over loopback, for loading test servers: no TLS, no redirects, one request a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Status and body of a request to `http://host:port`.
pub(crate) fn send(base: &str, method: &str, path: &str, body: Option<(&str, &[u8])>) -> (u16, String) {
    let host = base.strip_prefix("http://").expect("test servers speak plain http").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).expect("the server accepts connections");
    stream.set_read_timeout(Some(Duration::from_mins(2))).expect("a read timeout can be set");
    let (kind, body) = body.unwrap_or(("application/json", b""));
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .expect("the request is sent");
    stream.write_all(body).expect("the body is sent");
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("an answer comes");
    let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("the answer has a status");
    let (mut length, mut chunked) = (None, false);
    loop {
        line.clear();
        reader.read_line(&mut line).expect("headers end");
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse::<usize>().ok();
        }
        chunked |= header == "transfer-encoding: chunked";
    }
    let mut body = Vec::new();
    if chunked {
        read_chunks(&mut reader, &mut body);
    } else if let Some(length) = length {
        body.resize(length, 0);
        reader.read_exact(&mut body).expect("the body is whole");
    } else if method != "HEAD" {
        reader.read_to_end(&mut body).expect("the body ends");
    }
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a chunk has a size");
        let size = usize::from_str_radix(line.trim().split(';').next().unwrap_or(""), 16).expect("the size is hexadecimal");
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).expect("a chunk is whole");
        if size == 0 {
            return;
        }
        body.extend_from_slice(&chunk[..size]);
    }
}
