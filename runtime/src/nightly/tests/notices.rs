//! Notifications to receivers that drop, delay, refuse and repeat them.

use super::world::{FIRST, HOUR, World};
use crate::nightly::model::{NightSettings, Notifier};
use crate::nightly::state::{Read, StateView};
use crate::nightly::window::DAY;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// How the receiver treats a request.
#[derive(Clone, Copy, Debug)]
enum Mood {
    /// Accepts it and answers.
    Take,
    /// Closes the connection without reading.
    Drop,
    /// Answers that it is busy.
    Busy,
    /// Accepts it, and closes the connection without an answer.
    Forget,
    /// Accepts it, and answers too late.
    Late,
    /// Answers with a redirect.
    Redirect,
}

/// A receiver that treats requests according to `moods`, and accepts all later ones. Returns its address, and id and
/// message of each request that it read.
fn receiver(moods: &'static [Mood]) -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook?token=hunter2", listener.local_addr().unwrap());
    let (sender, came) = mpsc::channel();
    std::thread::spawn(move || {
        let mut moods = moods.iter().copied();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mood = moods.next().unwrap_or(Mood::Take);
            if matches!(mood, Mood::Drop) {
                continue;
            }
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut id, mut length, mut line) = (String::new(), 0, String::new());
            while reader.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_ascii_lowercase();
                if lower.starts_with("idempotency-key:") {
                    id = line[16..].trim().to_owned();
                } else if let Some(n) = lower.strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let message = (id, String::from_utf8(body).unwrap());
            let answer = match mood {
                Mood::Busy => "503 Busy",
                Mood::Redirect => "302 FoundEntities\r\nLocation: http://127.0.0.1:1/",
                _ => "204 Taken",
            };
            if !matches!(mood, Mood::Busy | Mood::Redirect) && sender.send(message).is_err() {
                return;
            }
            match mood {
                Mood::Forget => continue,
                Mood::Late => std::thread::sleep(Duration::from_millis(600)),
                _ => {}
            }
            let _ = write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (address, came)
}

fn settings(world: &World, address: &str, tries: u32) -> NightSettings {
    let notifier = Notifier {
        webhook: Some(address.into()),
        tries,
        pause: Duration::from_millis(1),
        timeout: Duration::from_millis(300),
        ..Notifier::default()
    };
    NightSettings { notifier, ..world.settings(world.truth) }
}

fn waiting(world: &World) -> usize {
    StateView::open(&world.path("run/state")).unwrap().unwrap().read(Read::outbox).unwrap().len()
}

#[test]
fn a_message_is_tried_until_it_is_taken_and_keeps_its_id() {
    let (address, came) = receiver(&[Mood::Drop, Mood::Busy, Mood::Redirect, Mood::Forget, Mood::Late]);
    let mut world = World::new(1, 0, 0);
    world.plant("x", FIRST - HOUR, 0);
    let night = world.night_with(&settings(&world, &address, 9));
    assert!(night.undelivered.is_empty(), "{:?}", night.undelivered);
    assert_eq!(waiting(&world), 0);
    let came: Vec<(String, String)> = came.try_iter().collect();
    // An answer that a busy machine gives too late is one more try.
    assert!(came.len() >= 3, "forgotten, late, taken");
    assert!(came.iter().all(|m| *m == came[0]), "one id, one message: {came:?}");
    let message: serde_json::Value = serde_json::from_str(&came[0].1).unwrap();
    assert_eq!(message["id"].as_str(), Some(came[0].0.as_str()));
    assert_eq!((&message["new"], &message["hunts"][0]["new"][0]["key"][0]), (&1.into(), &"x".into()));
}

#[test]
fn what_is_not_delivered_waits_for_the_next_night() {
    let (address, came) = receiver(&[Mood::Drop, Mood::Drop]);
    let mut world = World::new(1, 0, 0);
    world.plant("x", FIRST - HOUR, 0);
    world.plant("y", FIRST + DAY - HOUR, 0);
    let night = world.night_with(&settings(&world, &address, 2));
    assert_eq!((night.undelivered.len(), waiting(&world)), (1, 1));
    assert!(!night.undelivered[0].contains("hunter2"), "{:?}", night.undelivered);
    world.truth += DAY;
    let night = world.night_with(&settings(&world, &address, 2));
    assert_eq!((night.undelivered.len(), waiting(&world)), (0, 0));
    let came: BTreeMap<String, String> = came.try_iter().collect();
    assert_eq!(came.len(), 2, "one for each night");
    // A night without news sends nothing.
    world.truth += DAY;
    world.night_with(&settings(&world, "http://127.0.0.1:1/", 1));
    assert_eq!(waiting(&world), 0);
}

#[test]
fn a_command_that_fails_or_hangs_is_told() {
    let mut world = World::new(1, 0, 0);
    world.plant("x", FIRST - HOUR, 0);
    let with = |world: &World, command: &str| {
        let notifier = Notifier { command: Some(command.to_owned()), timeout: Duration::from_millis(200), ..Notifier::default() };
        world.night_with(&NightSettings { notifier, ..world.settings(world.truth) }).undelivered
    };
    assert!(with(&world, "exit 7")[0].contains('7'));
    world.truth += DAY;
    assert!(with(&world, "sleep 5")[0].contains("took more"));
    world.truth += DAY;
    let file = world.path("id");
    assert!(with(&world, &format!("printf %s \"$HUNTC_NOTIFICATION_ID\" > {}", file.display())).is_empty());
    assert!(std::fs::read_to_string(file).unwrap().ends_with("-command"));
}
