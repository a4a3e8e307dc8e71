//! Where the notifications of a night are sent, and in which form.

use super::args::NightArgs;
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::config::NightlySettings;
use crate::config::secret::Secret;
use crate::nightly::model::{Notifier, WebhookFormat};
use crate::nightly::notify::mail::{COMMAND, Mail, is_address};
use crate::nightly::notify::template::Template;
use crate::report::sanitize::terminal as safe;
use crate::source::elastic::is_loopback;
use crate::source::{SourceError, regular_file};
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::{BAD_SETTING, MISSING_SECRET, SECRET_IN_CLEAR, SECRET_ON_COMMAND_LINE};
use huntc_compiler::diag::codes::nightly::BAD_TEMPLATE;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;

/// The variable that stands for `--webhook`.
const VARIABLE: &str = "HUNTC_WEBHOOK";

/// The receivers of a night. What is wrong with them is told before any source is asked.
pub(super) fn notifier(args: &NightArgs, file: &NightlySettings, console: &mut Console) -> Result<Notifier, ExitCode> {
    let webhook = args.webhook.as_ref().map(|text| Secret::parse(text, Path::new(""))).or_else(|| file.webhook.clone());
    let webhook = webhook.map(|secret| secret.resolve(&console.session.environment)).transpose().map_err(|e| {
        let error = SourceError::new(&MISSING_SECRET, "the address of the webhook is not there")
            .note(e.to_string())
            .help("set what the option `webhook` refers to, or write the address itself");
        console.refuse(&error, "webhook", ExitCode::Usage)
    })?;
    let (named, template) = match (&args.webhook_format, &args.webhook_template) {
        (None, None) => (file.webhook_format.as_deref(), file.webhook_template.as_deref()),
        (named, template) => (named.as_deref(), template.as_deref()),
    };
    let format = format(named, template, console)?;
    let mail = mail(args, file, console)?;
    let command = args.notify.clone().or_else(|| literal(file.notify.as_ref()));
    let environment = console.session.environment.of_command(&file.notify_environment);
    let environment = environment.variables().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Notifier { command, environment, webhook, format, mail, ..Notifier::default() })
}

/// What must be known of the address of the webhook on every run. Its path is mostly all that it takes to post there.
pub(super) fn cautions(args: &NightArgs, webhook: Option<&SecretString>, console: &mut Console) -> Vec<Diagnostic> {
    let place = console.session.command_line("--webhook");
    let secret = |url: &Url| url.path() != "/" || url.query().is_some() || url.password().is_some();
    let mut cautions = Vec::new();
    let written = args.webhook.as_ref().filter(|text| console.session.environment.text(VARIABLE) != Some(text.as_str()));
    if let Some(Secret::Literal(text)) = written.map(|text| Secret::parse(text, Path::new("")))
        && Url::parse(text.expose_secret()).is_ok_and(|url| secret(&url))
    {
        let headline = "the address of the webhook can be read in the list of processes";
        let help = format!("put it into {VARIABLE}, or into a file: `--webhook file:PATH`");
        cautions.push(Diagnostic::new(&SECRET_ON_COMMAND_LINE, place, headline).help(help));
    }
    let clear = |url: &Url| url.scheme() == "http" && !is_loopback(url) && secret(url);
    if webhook.and_then(|text| Url::parse(text.expose_secret()).ok()).is_some_and(|url| clear(&url)) {
        let headline = "the address of the webhook is sent without encryption";
        cautions.push(Diagnostic::new(&SECRET_IN_CLEAR, place, headline).help("use `https://` in the address"));
    }
    cautions
}

/// The text of a command of the configuration.
fn literal(command: Option<&Secret>) -> Option<String> {
    match command {
        Some(Secret::Literal(text)) => Some(text.expose_secret().to_owned()),
        _ => None,
    }
}

/// The form of what is posted. A template is read and tried.
pub(super) fn format(named: Option<&str>, template: Option<&Path>, console: &mut Console) -> Result<WebhookFormat, ExitCode> {
    if let Some(path) = template {
        let shown = path.display().to_string();
        let text = regular_file::read_text(path).map_err(|e| format!("it cannot be read: {e}"));
        return text.and_then(|text| Template::parse(&text)).map(WebhookFormat::Template).map_err(|reason| {
            let error = SourceError::new(&BAD_TEMPLATE, format!("the template of notifications `{shown}` has a fault"))
                .note(safe(&reason))
                .help("`huntc explain K0881` shows a template");
            console.refuse(&error, &shown, ExitCode::Usage)
        });
    }
    Ok(match named {
        Some("slack") => WebhookFormat::Slack,
        Some("teams") => WebhookFormat::Teams,
        _ => WebhookFormat::Json,
    })
}

fn mail(args: &NightArgs, file: &NightlySettings, console: &mut Console) -> Result<Option<Mail>, ExitCode> {
    let to = if args.mail.is_empty() { file.mail.clone() } else { args.mail.clone() };
    let from = args.mail_from.clone().or_else(|| file.mail_from.clone());
    if let Some(bad) = to.iter().chain(&from).find(|address| !is_address(address)) {
        let error = SourceError::new(&BAD_SETTING, format!("`{}` is no address of a mailbox", safe(bad)))
            .help("write the plain address, as `soc@example.com`; several of them one by one");
        return Err(console.refuse(&error, bad, ExitCode::Usage));
    }
    let command = args.mail_command.clone().or_else(|| literal(file.mail_command.as_ref())).unwrap_or_else(|| COMMAND.to_owned());
    Ok((!to.is_empty()).then_some(Mail { to, from, command }))
}
