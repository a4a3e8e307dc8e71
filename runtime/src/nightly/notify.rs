//! Notifications: a command or a webhook gets a message about new findings and failures. Each message has an id and is
//! kept until it is delivered. It may arrive twice; the id then shows that it is the same.
//!
//! What is kept is the message as JSON; what a receiver takes is made of it when it is sent.

mod command;
mod digest;
pub mod mail;
mod slack;
mod teams;
pub mod template;
mod webhook;
mod words;

use super::face::Face;
use super::model::{Night, Notifier, WebhookFormat};
use super::record::Notification;
use super::state::{Read, State};
use super::step::{NightStep, Stop, Watch};
use crate::report::sanitize;
use digest::Digest;
use huntc_compiler::front_matter::FindingSeverity;
use huntc_compiler::time::Instant;
use mail::Mail;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};

const COMMAND: &str = "command";
const WEBHOOK: &str = "webhook";
const MAIL: &str = "mail";
/// The most findings of a hunt that a message lists.
const FINDINGS: usize = 50;

/// The notifications of a night with their ids. None when nothing is new, nothing failed, all sources are well and there is
/// no notice.
pub(super) fn notifications(night: &Night, notifier: &Notifier, instance: &str) -> Vec<(String, Notification)> {
    let body = message(night);
    let Some(body) = body else { return Vec::new() };
    let channels = [(COMMAND, notifier.command.is_some()), (WEBHOOK, notifier.webhook.is_some()), (MAIL, notifier.mail.is_some())];
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
            match (notification.channel.as_str(), &notifier.command, &notifier.webhook, &notifier.mail) {
                (COMMAND, Some(command), ..) => command::run(command, &id, notification.body.as_bytes(), notifier),
                (WEBHOOK, _, Some(address), _) => post(address, &id, &notification.body, notifier),
                (MAIL, .., Some(mail)) => send_mail(mail, &id, &notification, notifier),
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

/// Posts a message in the form that the receiver takes.
fn post(address: &SecretString, id: &str, message: &str, notifier: &Notifier) -> Result<(), String> {
    let body = match &notifier.format {
        WebhookFormat::Json => Ok(message.to_owned()),
        WebhookFormat::Slack => Ok(slack::body(&digest(message)).to_string()),
        WebhookFormat::Teams => Ok(teams::body(&digest(message)).to_string()),
        WebhookFormat::Template(template) => template.render(&parsed(message)),
    };
    let body = body.map_err(|e| format!("the template has a fault: {}", sanitize::terminal(&e)))?;
    webhook::post(address.expose_secret(), id, &sanitize::json_text(&body), notifier)
}

/// Sends a message as a mail.
fn send_mail(mail: &Mail, id: &str, notification: &Notification, notifier: &Notifier) -> Result<(), String> {
    let text = mail::message(mail, &digest(&notification.body), id, Instant(notification.at))?;
    command::run(&mail.command, id, &text, notifier)
}

fn digest(message: &str) -> Digest {
    Digest::of(&parsed(message))
}

fn parsed(message: &str) -> Json {
    serde_json::from_str(message).unwrap_or_default()
}
