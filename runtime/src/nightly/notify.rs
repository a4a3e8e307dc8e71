//! Notifications: a command or a webhook gets a message about new findings and failures. Each message has an id and is
//! kept until it is delivered. It may arrive twice; the id then shows that it is the same.

use super::face::Face;
use super::model::{Night, Notifier};
use super::record::Notification;
use super::state::{Read, State};
use super::step::{NightStep, Stop, Watch};
use crate::report::sanitize;
use crate::source::elastic::is_loopback;
use huntc_compiler::front_matter::FindingSeverity;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant as Clock};

const COMMAND: &str = "command";
const WEBHOOK: &str = "webhook";
/// The most findings of a hunt that a message lists.
const FINDINGS: usize = 50;

/// The notifications of a night with their ids. None when nothing is new, nothing failed, all sources are well and there is
/// no notice.
pub(super) fn notifications(night: &Night, notifier: &Notifier, instance: &str) -> Vec<(String, Notification)> {
    let body = message(night);
    let Some(body) = body else { return Vec::new() };
    let channels = [(COMMAND, notifier.command.is_some()), (WEBHOOK, notifier.webhook.is_some())];
    let wanted = channels.into_iter().filter(|(_, wanted)| *wanted);
    wanted
        .map(|(channel, _)| {
            let id = format!("{instance}-{}-{channel}", night.id);
            let mut body = body.clone();
            body["id"] = Json::from(id.as_str());
            let body = sanitize::json_text(&body.to_string()).into_owned();
            (id, Notification { channel: channel.to_owned(), at: night.at.0, body, tries: 0 })
        })
        .collect()
}

fn message(night: &Night) -> Option<Json> {
    let new: usize = night.hunts.iter().map(|h| h.news.told_count()).sum();
    let trouble: Vec<Json> = night
        .hunts
        .iter()
        .filter(|h| !h.whole())
        .map(|h| json!({"file": h.file, "title": h.title, "status": h.status.word(), "reason": h.reason, "nights": h.failures}))
        .collect();
    let well = night.health.is_well();
    if new == 0 && trouble.is_empty() && night.notices.is_empty() && well {
        return None;
    }
    let mut hunts: Vec<_> = night.hunts.iter().filter(|h| h.news.told_count() > 0).collect();
    hunts.sort_by_key(|h| std::cmp::Reverse(h.front_matter.severity.unwrap_or(FindingSeverity::Medium)));
    let hunts: Vec<Json> = hunts
        .into_iter()
        .map(|h| {
            let new: Vec<Face<'_>> = h.news.told().take(FINDINGS).map(|(_, finding)| Face::of(finding)).collect();
            let severity = h.front_matter.severity.unwrap_or(FindingSeverity::Medium).word();
            json!({"file": h.file, "title": h.title, "severity": severity, "type": h.entity, "count": h.news.told_count(), "new": new})
        })
        .collect();
    let report = std::path::absolute(&night.folder).unwrap_or_else(|_| night.folder.clone());
    Some(json!({
        "schema": 2, "id": Json::Null, "at": night.at.to_string(), "night": night.id, "report": report.display().to_string(),
        "health": night.health.lines(night.at.0), "new": new, "not_looked_at": trouble, "notices": night.notices, "hunts": hunts,
    }))
}

/// Delivers the waiting notifications, the oldest first. Returns why the others still wait.
pub(super) fn deliver(state: &State, notifier: &Notifier, watch: &Watch<'_>) -> Result<Vec<String>, Stop> {
    let mut waiting = state.read(Read::outbox)?;
    waiting.sort_by(|a, b| (a.1.at, &a.0).cmp(&(b.1.at, &b.0)));
    let mut undelivered = Vec::new();
    let mut dead: Vec<String> = Vec::new();
    for (id, mut notification) in waiting {
        // A receiver that has refused all tries is not asked again in this run.
        let sent = if dead.contains(&notification.channel) {
            Err(format!("the {} failed before", notification.channel))
        } else {
            match (notification.channel.as_str(), &notifier.command, &notifier.webhook) {
                (COMMAND, Some(command), _) => run(command, &id, &notification.body, notifier),
                (WEBHOOK, _, Some(address)) => post(address, &id, &notification.body, notifier),
                (channel, ..) => Err(format!("no {channel} is configured any more")),
            }
        };
        match sent {
            Ok(()) => {
                watch(NightStep::NotificationSent)?;
                state.write(|tables| tables.remove_notification(&id))?;
                watch(NightStep::NotificationSettled)?;
            }
            Err(reason) => {
                dead.push(notification.channel.clone());
                notification.tries = notification.tries.saturating_add(1);
                state.write(|tables| tables.put_notification(&id, &notification))?;
                undelivered.push(format!("notification {id} waits: {reason} [K0867]"));
            }
        }
    }
    Ok(undelivered)
}

/// Runs the command with the message on its standard input.
fn run(command: &str, id: &str, body: &str, notifier: &Notifier) -> Result<(), String> {
    let child = Command::new("sh")
        .args(["-c", command])
        .env_clear()
        .envs(notifier.environment.iter().map(|(name, value)| (name, value)))
        .env("HUNTC_NOTIFICATION_ID", id)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let mut child = child.map_err(|e| format!("the command cannot be started: {e}"))?;
    if let Some(mut input) = child.stdin.take() {
        let body = body.to_owned();
        // A command need not read its input, and one that reads slowly must not block this run.
        std::thread::spawn(move || input.write_all(body.as_bytes()));
    }
    let begun = Clock::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("the command ended with {status}")),
            Ok(None) if begun.elapsed() > notifier.timeout => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("the command took more than {} seconds", notifier.timeout.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(e) => return Err(format!("the command was lost: {e}")),
        }
    }
}

/// Posts the message. Any status but 200 to 299 is tried again.
fn post(address: &SecretString, id: &str, body: &str, notifier: &Notifier) -> Result<(), String> {
    // Another part of the program may have installed a provider already; both are good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::blocking::Client::builder();
    // As with clusters: the proxies of the environment count, but for loopback addresses.
    let local = reqwest::Url::parse(address.expose_secret()).is_ok_and(|url| is_loopback(&url));
    let client = if local { client.no_proxy() } else { client };
    let client = client
        .timeout(notifier.timeout)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("huntc/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|e| format!("the webhook cannot be reached: {}", e.without_url()))?;
    let mut pause = notifier.pause;
    let mut reason = String::new();
    for attempt in 0..notifier.tries.max(1) {
        if attempt > 0 {
            std::thread::sleep(pause);
            pause = pause.saturating_mul(2);
        }
        let request = client
            .post(address.expose_secret())
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", id)
            .body(body.to_owned());
        match request.send() {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => reason = format!("the webhook answered with status {}", answer.status().as_u16()),
            // The address may contain a secret.
            Err(e) => reason = format!("the webhook did not answer: {}", describe(&e.without_url())),
        }
    }
    Err(reason)
}

fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
