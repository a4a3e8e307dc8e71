//! What stands before a server that goes away and comes back.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Stands before a server: while it is away, nothing listens at its port and all its connections are cut.
pub(super) struct Front {
    port: u16,
    away: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Front {
    pub(super) fn before(url: &str) -> Self {
        let target = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback is free");
        let port = listener.local_addr().expect("the port is known").port();
        let (away, open) = (Arc::new(AtomicBool::new(false)), Arc::<Mutex<Vec<TcpStream>>>::default());
        let (is_away, connections) = (Arc::clone(&away), Arc::clone(&open));
        thread::spawn(move || {
            let mut listener = Some(listener);
            loop {
                if is_away.load(Ordering::SeqCst) {
                    listener = None;
                    thread::sleep(Duration::from_millis(5));
                    continue;
                }
                let listening = listener.get_or_insert_with(|| again(port));
                listening.set_nonblocking(true).expect("a listener can poll");
                match listening.accept() {
                    Ok((client, _)) => pass(client, &target, &connections),
                    Err(_) => thread::sleep(Duration::from_millis(5)),
                }
            }
        });
        Self { port, away, open }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn go(&self) {
        self.away.store(true, Ordering::SeqCst);
        for stream in self.open.lock().expect("no thread panicked").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(super) fn come(&self) {
        self.away.store(false, Ordering::SeqCst);
    }
}

fn again(port: u16) -> TcpListener {
    loop {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn pass(client: TcpStream, target: &str, open: &Mutex<Vec<TcpStream>>) {
    client.set_nonblocking(false).expect("a stream can block");
    let server = TcpStream::connect(target).expect("the server listens");
    let copy = |stream: &TcpStream| stream.try_clone().expect("a stream has copies");
    open.lock().expect("no thread panicked").extend([copy(&client), copy(&server)]);
    for (mut from, mut to) in [(copy(&client), copy(&server)), (server, client)] {
        thread::spawn(move || {
            let mut buffer = [0; 1 << 14];
            while let Ok(n @ 1..) = from.read(&mut buffer) {
                if to.write_all(&buffer[..n]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}
