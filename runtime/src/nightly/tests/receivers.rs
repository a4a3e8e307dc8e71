//! What each kind of receiver gets of one night: hostile titles and findings, in golden bodies; and what it says when it
//! refuses.

use super::world::{FIRST, HOUR, World};
use crate::nightly::model::{NightSettings, Notifier, WebhookFormat};
use crate::nightly::notify::mail::Mail;
use crate::nightly::notify::template::{Template, sample};
use crate::nightly::window::DAY;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant as Clock};

/// A server that answers every POST with a status and words, and hands on the bodies.
fn server(status: &'static str, words: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hooks/T0SECRET/B0SECRET?token=hunter2", listener.local_addr().unwrap());
    let (sender, came) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut length, mut line) = (0, String::new());
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            if sender.send(String::from_utf8(body).unwrap()).is_err() {
                return;
            }
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{words}", words.len());
        }
    });
    (address, came)
}

/// A night with hostile findings, and a hunt that was not looked at.
fn hostile() -> World {
    let mut world = World::new(2, 0, 0);
    world.failing = vec![1];
    for (n, who) in
        ["<!channel> *bold* `x` [a](http://evil.example)", "\"}],\"x\":\"\u{202e}\u{1b}[31m", "x\r\nBcc: evil@example.com"]
            .into_iter()
            .enumerate()
    {
        world.plant(who, FIRST - HOUR + i64::try_from(n).unwrap(), 0);
    }
    world
}

fn night_with(world: &World, notifier: Notifier) -> Vec<String> {
    let notifier = Notifier { tries: 1, ..notifier };
    world.night_with(&NightSettings { notifier, ..world.settings(world.truth) }).undelivered
}

/// What a webhook gets in this form, without what differs from run to run.
fn posted(format: WebhookFormat) -> Json {
    let (address, came) = server("200 OK", "ok");
    let world = hostile();
    let undelivered = night_with(&world, Notifier { webhook: Some(address.into()), format, ..Notifier::default() });
    assert!(undelivered.is_empty(), "{undelivered:?}");
    let body = came.recv().unwrap();
    assert!(!body.chars().any(crate::report::sanitize::is_unsafe), "{body}");
    let mut body: Json = serde_json::from_str(&body).unwrap();
    settle(&mut body, &world.path("run").display().to_string());
    body
}

/// Takes ids of the state and temporary folders out.
fn settle(value: &mut Json, folder: &str) {
    match value {
        Json::String(text) => {
            let id = regex::Regex::new(r"[0-9a-f]{16}-2026").unwrap();
            *text = id.replace_all(&text.replace(folder, "[run]"), "[instance]-2026").into_owned();
        }
        Json::Array(list) => list.iter_mut().for_each(|v| settle(v, folder)),
        Json::Object(map) => map.values_mut().for_each(|v| settle(v, folder)),
        _ => {}
    }
}

fn golden(name: &str, body: &Json) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../snapshots/notifications");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, serde_json::to_string_pretty(body).unwrap()));
}

#[test]
fn each_form_in_full() {
    golden("json", &posted(WebhookFormat::Json));
    golden("slack", &posted(WebhookFormat::Slack));
    golden("teams", &posted(WebhookFormat::Teams));
    let template = r#"{"summary": {{ "huntc: " ~ new ~ " new" }}, "hunts": [{% for h in hunts %}{"t": {{ h.title }}, "first": {{ h.new[0] }}}{% endfor %}]}"#;
    golden("template", &posted(WebhookFormat::Template(Template::parse(template).unwrap())));
}

/// Slack and Teams refuse what is too large; a message that is refused every night would be missed.
#[test]
fn a_large_night_fits() {
    let mut world = World::new(60, 0, 0);
    for n in 0..40 {
        world.plant(format!("{n} {}", "\u{20ac}".repeat(2_000)), FIRST - HOUR + n, 0);
    }
    for (format, most) in [(WebhookFormat::Slack, 150_000), (WebhookFormat::Teams, 28_000)] {
        let (address, came) = server("200 OK", "ok");
        assert!(night_with(&world, Notifier { webhook: Some(address.into()), format, ..Notifier::default() }).is_empty());
        let body = came.recv().unwrap();
        assert!(body.len() < most, "{}", body.len());
        let body: Json = serde_json::from_str(&body).unwrap();
        if let Some(blocks) = body["blocks"].as_array() {
            assert!(blocks.len() <= 50, "{}", blocks.len());
            let texts = blocks.iter().filter_map(|b| b["text"]["text"].as_str());
            assert!(texts.map(|t| t.chars().count()).max().unwrap() <= 3_000);
        }
        assert!(body.to_string().contains("more"), "it says that there is more");
        world.truth += DAY;
        world.plant(format!("again {most}"), world.truth - HOUR, 0);
    }
}

/// The sample on which templates are tried has the keys of a real message, and no other.
#[test]
fn the_sample_has_the_keys_of_a_message() {
    fn keys(value: &Json, at: &str, found: &mut std::collections::BTreeSet<String>) {
        match value {
            Json::Object(map) => map.iter().for_each(|(key, value)| {
                found.insert(format!("{at}.{key}"));
                keys(value, &format!("{at}.{key}"), found);
            }),
            Json::Array(list) => list.iter().for_each(|value| keys(value, &format!("{at}[]"), found)),
            _ => {}
        }
    }
    let (mut real, mut tried) = Default::default();
    keys(&posted(WebhookFormat::Json), "", &mut real);
    keys(&sample(), "", &mut tried);
    assert_eq!(real, tried);
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_receiver() {
    let (address, _came) = server("400 Bad", "invalid_blocks: no\u{1b}[2J such hook /hooks/T0SECRET/B0SECRET?token=hunter2\n");
    let told = night_with(&hostile(), Notifier { webhook: Some(address.into()), ..Notifier::default() });
    assert!(told[0].contains("status 400: \"invalid_blocks: no\\u{1b}[2J such hook ***"), "{told:?}");
    assert!(!told[0].contains("SECRET") && !told[0].contains("hunter2"), "{told:?}");
    let notify = Notifier { command: Some("echo no route >&2; exit 3".to_owned()), ..Notifier::default() };
    let told = night_with(&hostile(), notify);
    assert!(told[0].contains("exit status: 3: \"no route\""), "{told:?}");
    // What is left running holds its standard error open, and is not waited for.
    let begun = Clock::now();
    let notify = Notifier { command: Some("sleep 120 & exit 3".to_owned()), ..Notifier::default() };
    assert!(night_with(&hostile(), notify)[0].contains("exit status: 3"));
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[test]
fn everything_that_a_command_started_ends_with_its_time() {
    let world = hostile();
    let file = world.path("pid");
    let command = format!("sleep 60 & echo $! > {}; wait", file.display());
    let notify = Notifier { command: Some(command), timeout: Duration::from_millis(300), ..Notifier::default() };
    let told = night_with(&world, notify);
    assert!(told[0].contains("took more"), "{told:?}");
    let pid = std::fs::read_to_string(file).unwrap().trim().to_owned();
    let running = || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    };
    let begun = Clock::now();
    while running() && begun.elapsed() < Duration::from_secs(40) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!running(), "the child of the shell lives");
}

#[test]
fn a_mail_is_one_message_whatever_was_found() {
    let world = hostile();
    let file = world.path("mail");
    let mail = Mail {
        to: vec!["soc@example.com".to_owned(), "b@example.com".to_owned()],
        from: Some("huntc@example.com".to_owned()),
        command: format!("cat > {}", file.display()),
    };
    assert!(night_with(&world, Notifier { mail: Some(mail), ..Notifier::default() }).is_empty());
    let text = std::fs::read_to_string(file).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Subject: huntc: 3 new findings, 1 hunt not looked at"), "{head}");
    assert!(
        head.contains("To: <soc@example.com>, <b@example.com>") && head.contains("From: \"huntc\" <huntc@example.com>"),
        "{head}"
    );
    assert!(!head.contains("Bcc") && !head.contains("evil"), "{head}");
    assert!(body.contains("Not looked at") && body.contains("\\r\\nBcc"), "{body}");
    assert!(text.lines().all(|line| line.len() <= 998) && text.is_ascii(), "{text}");
}
