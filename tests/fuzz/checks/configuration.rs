//! The files of a configuration: an answer or coded errors, and no secret in what is said.
//!
//! The first byte tells which file the rest is. A value that holds [`SECRET`] is a secret wherever a configuration takes one.

use super::huntflow::rendered;
use super::stored::Folder;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::source::SourceSet;
use huntc_runtime::config::environment::Environment;
use huntc_runtime::config::trust::{Chosen, ConfigFile, TrustedFiles};
use huntc_runtime::config::{Config, Places, load};
use serde_json::Value;

/// What the seeds write for a password, a key or a token.
const SECRET: &str = "hunter2";
/// The value of a variable that secrets may be taken from.
const OF_ENVIRONMENT: &str = "correct-horse";
/// Keys of `huntc.toml` whose values are shown, as they are no secrets.
const SHOWN: [&str; 9] = ["uri", "path", "like_case", "clock", "indices", "dialects", "lookup", "key", "ca"];

/// A file of a configuration.
pub fn check(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match kind {
        b'n' => toml(text, Chosen::Named),
        b'f' => toml(text, Chosen::Near),
        b'y' => profiles(text),
        b'v' => variables(text),
        b't' => trusted(text),
        b's' => flags(text),
        _ => {}
    }
}

/// `huntc.toml`, named or found.
fn toml(text: &str, chosen: Chosen) {
    let folder = Folder::new();
    let file = ConfigFile { path: folder.file("huntc.toml", text.as_bytes()), chosen };
    let home = folder.0.display().to_string();
    let environment = Environment::of([("HOME", home.as_str()), ("TOKEN", OF_ENVIRONMENT)]);
    let said = said(&Places { file: Some(&file), environment: &environment, flags: &[], log_time_offsets: &[] });
    assert!(!said.contains(OF_ENVIRONMENT), "{text}\n{said}");
    let kept = match toml::from_str::<toml::Table>(text) {
        Ok(table) => !shows_in_toml(&toml::Value::Table(table), false),
        Err(_) => is_behind_keys(text),
    };
    assert!(!kept || !said.contains(SECRET), "{text}\n{said}");
}

/// Whether the word for a secret stands where it is none: in a name, or in the value of a key that is shown.
fn shows_in_toml(value: &toml::Value, shown: bool) -> bool {
    match value {
        toml::Value::Table(table) => {
            let of = |(key, value): (&String, &toml::Value)| {
                key.contains(SECRET) || shows_in_toml(value, SHOWN.contains(&key.as_str()) || !is_secret(key))
            };
            table.iter().any(of)
        }
        toml::Value::Array(values) => values.iter().any(|value| shows_in_toml(value, shown)),
        toml::Value::String(text) => shown && text.contains(SECRET),
        _ => false,
    }
}

/// Keys that hold secrets. Whether others are shown is up to the product.
fn is_secret(key: &str) -> bool {
    ["auth", "password", "api_key", "token", "access_token", "notify", "webhook", "mail_command", "exec"].contains(&key)
}

/// Whether a text that is no TOML has secrets on lines that begin with the key of one, and nothing that spans lines.
fn is_behind_keys(text: &str) -> bool {
    let one_line =
        |line: &str| !line.contains(['[', '{', '#']) && line.matches('"').count().is_multiple_of(2) && !line.contains('\'');
    let spans = text.contains("\"\"\"") || text.contains("'''");
    let kept = |line: &str| line.split_once('=').is_some_and(|(key, _)| is_secret(key.trim()));
    !spans && text.lines().all(|line| one_line(line) && (!line.contains(SECRET) || kept(line)))
}

/// Kestrel's `stixshifter.yaml`.
fn profiles(text: &str) {
    let folder = Folder::new();
    let path = folder.file("stixshifter.yaml", text.as_bytes()).display().to_string();
    let environment = Environment::of([("KESTREL_STIXSHIFTER_CONFIG", path.as_str())]);
    let said = said(&Places { file: None, environment: &environment, flags: &[], log_time_offsets: &[] });
    let kept = serde_saphyr::from_str::<Value>(text).map_or(true, |document| !shows_in_json(&document));
    assert!(!kept || !said.contains(SECRET), "{text}\n{said}");
}

/// Whether the word for a secret stands outside of what holds credentials.
fn shows_in_json(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| key.contains(SECRET) || (key != "auth" && shows_in_json(value))),
        Value::Array(values) => values.iter().any(shows_in_json),
        Value::String(text) => text.contains(SECRET),
        _ => false,
    }
}

/// The variables of a profile: connection on the first line, configuration behind it.
fn variables(text: &str) {
    let (connection, config) = text.split_once('\n').unwrap_or((text, ""));
    let environment = Environment::of([("STIXSHIFTER_A_CONNECTION", connection), ("STIXSHIFTER_A_CONFIG", config)]);
    let said = said(&Places { file: None, environment: &environment, flags: &[], log_time_offsets: &[] });
    let of = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|value| shows_in_json(&value));
    assert!(of(connection) || of(config) || !said.contains(SECRET), "{text}\n{said}");
}

/// The list of trusted files: what is read is written and read again alike.
fn trusted(text: &str) {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.0.join("huntc")).unwrap();
    let list = folder.file("huntc/trusted.json", text.as_bytes());
    let home = folder.0.display().to_string();
    let environment = Environment::of([("XDG_STATE_HOME", home.as_str())]);
    let read = TrustedFiles::read(&environment);
    if let Err(error) = &read {
        assert!(error.code.id.starts_with('K'));
    }
    let Ok(mut files) = read else { return };
    let before: Vec<_> = files.files().to_vec();
    let config = folder.file("huntc.toml", b"");
    files.add(&config, "").unwrap();
    let after = TrustedFiles::read(&environment).unwrap();
    assert_eq!(after.files().len(), before.iter().filter(|known| known.file != config).count() + 1, "{}", list.display());
    assert!(before.iter().all(|known| after.files().contains(known) || known.file == config));
}

/// Values of `--source`, one a line.
fn flags(text: &str) {
    let flags: Vec<String> = text.lines().map(str::to_owned).collect();
    said(&Places { file: None, environment: &Environment::default(), flags: &flags, log_time_offsets: &flags });
}

/// Everything that is said of a configuration.
fn said(places: &Places<'_>) -> String {
    let mut sources = SourceSet::default();
    let (config, mut problems) = load(places, &mut sources);
    let Config { broken, notices, untrusted, .. } = config;
    let more: Vec<Diagnostic> = broken.into_values().chain(notices.into_values().flatten()).chain(untrusted).collect();
    problems.extend(more);
    assert!(problems.iter().all(|problem| problem.code.id.starts_with('K') && !problem.message.is_empty()));
    rendered(&problems, &sources)
}
