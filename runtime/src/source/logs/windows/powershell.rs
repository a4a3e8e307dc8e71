//! The details that PowerShell writes as text into its events.

use super::command_line;
use super::compound;
use super::document::{EcsDocument, FieldValue};
use super::json::Json;
use std::borrow::Cow;

/// The field of each detail that is text. Windows writes names with blanks in one log and without in the other.
const TEXTS: [(&str, &str); 16] = [
    ("HostVersion", "powershell.process.executable_version"),
    ("HostName", "process.title"),
    ("HostId", "process.entity_id"),
    ("EngineVersion", "powershell.engine.version"),
    ("RunspaceId", "powershell.runspace_id"),
    ("PipelineId", "powershell.pipeline_id"),
    ("CommandName", "powershell.command.name"),
    ("CommandType", "powershell.command.type"),
    ("CommandPath", "powershell.command.path"),
    ("CommandLine", "powershell.command.value"),
    ("ShellId", "powershell.id"),
    ("NewEngineState", "powershell.engine.new_state"),
    ("PreviousEngineState", "powershell.engine.previous_state"),
    ("ProviderName", "powershell.provider.name"),
    ("NewProviderState", "powershell.provider.new_state"),
    ("ShellID", "powershell.id"),
];

/// The details that are numbers.
const NUMBERS: [(&str, &str); 3] =
    [("SequenceNumber", "event.sequence"), ("DetailSequence", "powershell.sequence"), ("DetailTotal", "powershell.total")];

/// Lines `Name = value` or `Name=value`.
pub(super) fn context(text: &str, document: &mut EcsDocument<'_>) {
    let (mut user, mut connected) = (None, None);
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        let name = name.split_whitespace().collect::<String>();
        match name.to_ascii_lowercase().as_str() {
            _ if value.is_empty() => {}
            "user" | "userid" => user = Some(value),
            "connecteduser" => connected = Some(value),
            _ => detail(&name, value, document),
        }
    }
    if let Some(user) = user {
        compound::account("user", Cow::Owned(user.to_owned()), document);
    }
    if let Some(connected) = connected {
        // Who is connected acts, as the account of the process that was connected to.
        compound::other_account("source.user", connected, document);
        compound::other_account("destination.user", user.unwrap_or_default(), document);
        compound::account("user", Cow::Owned(connected.to_owned()), document);
    }
}

fn detail(name: &str, value: &str, document: &mut EcsDocument<'_>) {
    let field =
        |table: &[(&str, &'static str)]| table.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, field)| *field);
    if let Some(field) = field(&TEXTS) {
        return document.text(field, value.to_owned());
    }
    if let Some(field) = field(&NUMBERS) {
        return value.parse().into_iter().for_each(|n| document.number(field, n));
    }
    match name.to_ascii_lowercase().as_str() {
        "hostapplication" => command_line::command("process", Cow::Owned(value.to_owned()), document),
        "scriptname" => compound::file("file", Cow::Owned(value.to_owned()), document),
        _ => {}
    }
}

/// The details of an event of which only the message is there: its lines behind the headings, and the invocations.
pub(super) fn of_message(message: &str, document: &mut EcsDocument<'_>) {
    context(message, document);
    let details = message.split_once("Details: ").map_or("", |(_, details)| details);
    if message.starts_with("Pipeline execution details") {
        invocations("powershell.command.invocation_details", details, document);
    }
}

/// Lines `CommandInvocation(Out-String): "Out-String"` and `ParameterBinding(Start-Sleep): name="Seconds"; value="5"`. Other lines
/// go on with a value.
pub(super) fn invocations(to: &'static str, text: &str, document: &mut EcsDocument<'_>) {
    let list: Vec<Json<'_>> =
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| invocation(line).unwrap_or_else(|| value(line))).collect();
    if !list.is_empty() {
        document.set(to, FieldValue::Json(Json::List(list)));
    }
}

fn value(line: &str) -> Json<'static> {
    Json::Object(vec![(Cow::Borrowed("value"), Json::Text(Cow::Owned(line.to_owned())))])
}

fn invocation(line: &str) -> Option<Json<'static>> {
    let (kind, rest) = line.trim_start().split_once('(')?;
    let (command, rest) = rest.split_once("):")?;
    if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let rest = rest.trim_start();
    let named = rest.strip_prefix("name=").and_then(|rest| rest.split_once("; value="));
    let (name, value) = named.map_or((None, rest), |(name, value)| (Some(name), value));
    let member = |key: &'static str, text: &str| (Cow::Borrowed(key), Json::Text(Cow::Owned(text.to_owned())));
    let mut members: Vec<_> = name.map(|name| member("name", name)).into_iter().collect();
    members.extend([member("related_command", command), member("type", kind), member("value", value)]);
    Some(Json::Object(members))
}
