//! What nights need on another machine: the configuration, the huntflows with what lies beside them, and the names of the
//! secrets and variables. Secrets themselves are never read.

use crate::config::secret::{CREDENTIAL, is_credential_name};
use crate::source::regular_file;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// Keys of `huntc.toml` that hold an address, which may have a password.
const ADDRESSES: [&str; 2] = ["uri", "proxy"];
/// Keys that name a file, which belongs to the configuration.
const PATHS: [&str; 6] = ["mapping", "lookup", "suppress", "webhook_template", "ca", "cert"];
/// Keys whose text is a secret unless it refers to one.
const SECRETS: [&str; 8] = ["password", "passwd", "pwd", "api_key", "access_token", "token", "secret", "webhook"];
/// The deepest folder that is carried.
const DEEPEST: usize = 8;

/// What belongs to the huntflows of a folder. Paths are relative to [`Self::base`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baggage {
    /// The folder of the configuration, or of the huntflows where there is none.
    pub base: PathBuf,
    /// The configuration file.
    pub config: Option<String>,
    /// The folder of the huntflows; empty when it is the base.
    pub hunts: String,
    /// The files to carry, with their bytes.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The files of `file:` secrets.
    pub secret_files: BTreeSet<String>,
    /// The names of `credential:` secrets.
    pub credentials: BTreeSet<String>,
    /// The names of the environment variables that the configuration refers to.
    pub variables: BTreeSet<String>,
    /// What the configuration names and cannot be carried, with the reason.
    pub left: BTreeSet<String>,
    /// The keys of secrets that stand in the configuration as text.
    pub exposed: BTreeSet<String>,
    /// The files that the configuration names and that were not read yet, with their keys.
    pub named: Vec<(String, String)>,
}

impl Baggage {
    /// Reads a configuration, and no other file yet.
    pub fn of(hunts: &Path, config: Option<&Path>) -> std::io::Result<Self> {
        let base = config.and_then(Path::parent).unwrap_or(hunts).to_path_buf();
        let mut baggage = Self { base, ..Self::default() };
        if let Some(config) = config {
            let text = regular_file::read_text(config)?;
            // The configuration was read before, so this cannot fail.
            let table: toml::Table = text.parse().unwrap_or_default();
            let name = config.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            baggage.files.insert(name.clone(), text.into_bytes());
            baggage.config = Some(name);
            for (key, value) in &table {
                baggage.look_at(key, key, value);
            }
        }
        baggage.hunts = baggage.below(hunts).unwrap_or_else(|| "hunts".to_owned());
        Ok(baggage)
    }

    /// Reads the files to carry: those that the configuration names, and the folder of the huntflows. `without` are folders
    /// that are no part of it.
    pub fn carry(mut self, hunts: &Path, without: &[&Path]) -> std::io::Result<Self> {
        for (place, path) in std::mem::take(&mut self.named) {
            self.carry_named(&place, &path);
        }
        let mut seen: BTreeSet<PathBuf> = without.iter().filter_map(|p| std::fs::canonicalize(p).ok()).collect();
        self.carry_folder(hunts, &self.hunts.clone(), 0, &mut seen)?;
        // What holds a secret is never carried, wherever it lies.
        self.files.retain(|path, _| !self.secret_files.contains(path));
        Ok(self)
    }

    /// A path relative to the base, with `/`; `None` when it lies elsewhere.
    fn below(&self, path: &Path) -> Option<String> {
        let rest = if path.is_absolute() { path.strip_prefix(&self.base).ok()? } else { path };
        let mut parts = Vec::new();
        for part in rest.components() {
            match part {
                Component::Normal(name) => parts.push(name.to_str()?),
                Component::CurDir => {}
                _ => return None,
            }
        }
        Some(parts.join("/"))
    }

    fn look_at(&mut self, place: &str, key: &str, value: &toml::Value) {
        match value {
            toml::Value::Table(table) => table.iter().for_each(|(key, value)| self.look_at(&format!("{place}.{key}"), key, value)),
            toml::Value::Array(values) => values.iter().for_each(|value| self.look_at(place, key, value)),
            toml::Value::String(text) => self.look_at_text(place, key, text),
            _ => {}
        }
    }

    fn look_at_text(&mut self, place: &str, key: &str, text: &str) {
        let variables = variables(text);
        if let Some(name) = text.strip_prefix(CREDENTIAL).filter(|name| is_credential_name(name)) {
            self.credentials.insert(name.to_owned());
        } else if let Some(path) = text.strip_prefix("file:") {
            match self.below(Path::new(path)) {
                Some(path) => _ = self.secret_files.insert(path),
                None => _ = self.left.insert(format!("{path} ({place}): not below the folder of the configuration")),
            }
        } else if PATHS.contains(&key) && !text.contains("-----BEGIN") {
            self.named.push((place.to_owned(), text.to_owned()));
        } else if key == "path" && place.starts_with("sources.") {
            self.left.insert(format!("{text} ({place}): the records of a source"));
        } else if text.contains("PRIVATE KEY-----")
            || variables.is_empty() && (SECRETS.contains(&key) || (ADDRESSES.contains(&key) && has_password(text)))
        {
            self.exposed.insert(place.to_owned());
        }
        self.variables.extend(variables);
    }

    fn carry_named(&mut self, place: &str, path: &str) {
        let Some(name) = self.below(Path::new(path)) else {
            self.left.insert(format!("{path} ({place}): not below the folder of the configuration"));
            return;
        };
        match read(&self.base.join(&name)) {
            Ok(bytes) => _ = self.files.insert(name, bytes),
            Err(e) => _ = self.left.insert(format!("{path} ({place}): {e}")),
        }
    }

    /// Carries a folder that was not seen yet: links may lead in a circle.
    fn carry_folder(&mut self, folder: &Path, name: &str, depth: usize, seen: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
        if depth > DEEPEST || !seen.insert(std::fs::canonicalize(folder)?) {
            return Ok(());
        }
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(file) = path.file_name().and_then(|n| n.to_str()) else { continue };
            let name = if name.is_empty() { file.to_owned() } else { format!("{name}/{file}") };
            // Tests are for the machine on which hunts are written.
            if file.starts_with('.') || (path.is_dir() && path.extension().is_some_and(|e| e == "test")) {
                continue;
            }
            if path.is_dir() {
                self.carry_folder(&path, &name, depth + 1, seen)?;
                continue;
            }
            match (self.files.entry(name.clone()), read(&path)) {
                (Entry::Vacant(place), Ok(bytes)) => _ = place.insert(bytes),
                (Entry::Vacant(_), Err(e)) => _ = self.left.insert(format!("{name}: {e}")),
                (Entry::Occupied(_), _) => {}
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    regular_file::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The names in `${NAME}`.
fn variables(text: &str) -> Vec<String> {
    let parts = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    parts.map(|(found, _)| found.to_owned()).filter(|n| !n.is_empty() && n.chars().all(name)).collect()
}

/// Whether an address has a password in it.
pub fn has_password(address: &str) -> bool {
    let authority = address.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':') && !user.contains("${"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_hunts_and_what_does_not() {
        let temp = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = temp.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put(
            "huntc.toml",
            r#"
            [sources.a]
            uri = "https://elastic.example:9200"
            auth = { id = "x", api_key = "file:keys/api-key" }
            tls = { ca = "ca.pem", cert = "client.pem", key = "file:keys/client.key" }
            [sources.b]
            uri = "https://b.example"
            proxy = "http://u:hunter2@proxy.example:3128"
            tls = { ca = "-----BEGIN CERTIFICATE-----", key = "-----BEGIN PRIVATE KEY-----" }
            auth = { username = "u", password = "credential:b-password" }
            [sources.c]
            path = "logs"
            [sources.d]
            uri = "https://u:hunter2@d.example"
            auth = { token = "${D_TOKEN}" }
            [nightly]
            webhook = "https://hooks.example/${HOOK}/x"
            suppress = "/elsewhere/list.toml"
            "#,
        );
        put("keys/api-key", "hunter2");
        put("keys/client.key", "hunter2");
        put("ca.pem", "CA");
        put("client.pem", "C");
        put("hunts/a.hf", "A");
        put("hunts/net/b.hf", "B");
        put("hunts/net/b.test/records.ndjson", "");
        put("hunts/state/nightly.redb", "");
        #[cfg(unix)]
        std::os::unix::fs::symlink("..", temp.path().join("hunts/net/up")).unwrap();
        let state = temp.path().join("hunts/state");
        let config = temp.path().join("huntc.toml");
        let baggage = Baggage::of(&temp.path().join("hunts"), Some(&config)).unwrap();
        let baggage = baggage.carry(&temp.path().join("hunts"), &[&state]).unwrap();
        let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            baggage.files.keys().collect::<Vec<_>>(),
            ["ca.pem", "client.pem", "huntc.toml", "hunts/a.hf", "hunts/net/b.hf"]
        );
        assert_eq!((baggage.hunts.as_str(), baggage.config.as_deref()), ("hunts", Some("huntc.toml")));
        assert_eq!(names(&baggage.secret_files), ["keys/api-key", "keys/client.key"]);
        assert_eq!(names(&baggage.credentials), ["b-password"]);
        assert_eq!(names(&baggage.variables), ["D_TOKEN", "HOOK"]);
        assert_eq!(names(&baggage.exposed), ["sources.b.proxy", "sources.b.tls.key", "sources.d.uri"]);
        let left = names(&baggage.left);
        assert!(left.len() == 2 && left[0].starts_with("/elsewhere/list.toml") && left[1].starts_with("logs"), "{left:?}");
    }

    #[test]
    fn a_secret_below_the_hunts_is_not_carried() {
        let temp = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(temp.path().join(name), text).unwrap();
        put(
            "huntc.toml",
            "[sources.a]\nuri = \"https://a\"\nauth = { token = \"file:./key\" }\n[nightly]\nwebhook = \"https://h/T\"\n",
        );
        put("key", "hunter2");
        put("a.hf", "A");
        let baggage = Baggage::of(temp.path(), Some(&temp.path().join("huntc.toml"))).unwrap();
        let baggage = baggage.carry(temp.path(), &[]).unwrap();
        assert_eq!(baggage.files.keys().collect::<Vec<_>>(), ["a.hf", "huntc.toml"]);
        assert_eq!((baggage.hunts.as_str(), baggage.exposed.len()), ("", 1));
    }

    #[test]
    fn passwords_in_addresses() {
        for with in ["https://u:p@h", "http://u:@h/x", "https://a:b@c@h:9/x@y"] {
            assert!(has_password(with), "{with}");
        }
        for without in ["https://h:9200/a@b:c", "https://u@h", "https://u:${P}@h", "a.ndjson", "x@y:z"] {
            assert!(!has_password(without), "{without}");
        }
    }
}
