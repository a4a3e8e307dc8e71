//! Notifications by POST.

use super::words::{MOST_BYTES, secrets_of, words};
use crate::nightly::model::Notifier;
use crate::source::elastic::is_loopback;
use reqwest::blocking::{Client, Response};
use std::io::Read;

/// Posts a JSON body. Any status but 200 to 299 is tried again.
pub(super) fn post(address: &str, id: &str, body: &str, notifier: &Notifier) -> Result<(), String> {
    // Another part of the program may have installed a provider already; both are good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // As with clusters: the proxies of the environment count, but for loopback addresses.
    let local = reqwest::Url::parse(address).is_ok_and(|url| is_loopback(&url));
    let client = if local { Client::builder().no_proxy() } else { Client::builder() };
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
        let request = client.post(address).header("Content-Type", "application/json").header("Idempotency-Key", id);
        match request.body(body.to_owned()).send() {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => reason = refusal(answer, address),
            // The address may contain a secret.
            Err(e) => reason = format!("the webhook did not answer: {}", describe(&e.without_url())),
        }
    }
    Err(reason)
}

/// The status of an answer, with the receiver's own words: they say what is wrong with the message or the address.
fn refusal(answer: Response, address: &str) -> String {
    let status = answer.status().as_u16();
    let mut said = Vec::new();
    let _ = answer.take(MOST_BYTES).read_to_end(&mut said);
    match words(&said, &secrets_of(address)) {
        Some(words) => format!("the webhook answered with status {status}: {words}"),
        None => format!("the webhook answered with status {status}"),
    }
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
