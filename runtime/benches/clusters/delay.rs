//! A way to a server that takes time, as over a long line.

use super::measure::Outcome;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// Opens a port from which all goes on to `target` (`host:port`) later by `delay`: connecting, and whatever is sent. Answers its
/// address. It stays open until the bench ends.
pub(super) fn delayed(target: &str, delay: Duration) -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let target = target.to_owned();
    spawn(move || {
        for client in listener.incoming().flatten() {
            let target = target.clone();
            spawn(move || connection(client, &target, delay));
        }
    });
    Ok(address)
}

/// One connection to its end. An error ends it, which the client sees.
fn connection(mut client: TcpStream, target: &str, delay: Duration) -> Option<()> {
    sleep(delay);
    let mut server = TcpStream::connect(target).ok()?;
    server.set_nodelay(true).and_then(|()| client.set_nodelay(true)).ok()?;
    let (mut from_server, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        to_client.shutdown(Shutdown::Write)
    });
    let (queue, sent) = channel::<(Instant, Vec<u8>)>();
    spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = client.read(&mut bytes) {
            if queue.send((Instant::now(), bytes[..length].to_vec())).is_err() {
                break;
            }
        }
    });
    for (at, bytes) in sent {
        sleep((at + delay).saturating_duration_since(Instant::now()));
        server.write_all(&bytes).ok()?;
    }
    server.shutdown(Shutdown::Write).ok()
}
