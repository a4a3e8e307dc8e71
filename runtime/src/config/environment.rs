//! The environment variables of the process, read once, so that tests can use their own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The variables that every command inherits, beside those of a locale (`LC_…`). None of them holds a credential.
const INHERITED: [&str; 9] = ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

/// The environment variables that the configuration may refer to.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
}

/// Shows names only, because values may be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// The environment of the process.
    pub fn of_process() -> Self {
        Self { variables: std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v))).collect() }
    }

    /// An environment for tests.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { variables: variables.into_iter().map(|(k, v)| (k.to_owned(), v.into())).collect() }
    }

    /// What a command inherits: a short list, and the variables that the configuration names for it.
    #[must_use]
    pub fn of_command(&self, named: &[String]) -> Self {
        let inherited = |name: &str| INHERITED.contains(&name) || name.starts_with("LC_") || named.iter().any(|n| n == name);
        Self { variables: self.variables.iter().filter(|(name, _)| inherited(name)).map(|(k, v)| (k.clone(), v.clone())).collect() }
    }

    /// All variables with their values.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_os_str()))
    }

    /// The value of a variable; `None` when it is not set, empty, or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.variables.get(name)?.to_str().filter(|v| !v.is_empty())
    }

    /// The value of a variable as a path, in which `~/` is the home folder.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.variables.get(name).filter(|v| !v.is_empty())?;
        match value.to_str().and_then(|v| v.strip_prefix("~/")) {
            Some(rest) => Some(self.home()?.join(rest)),
            None => Some(PathBuf::from(value)),
        }
    }

    /// The home folder of the user; `None` when `HOME` is not set.
    pub fn home(&self) -> Option<PathBuf> {
        self.variables.get("HOME").filter(|v| !v.is_empty()).map(PathBuf::from)
    }

    /// `$XDG_CONFIG_HOME`, otherwise `~/.config`. A relative path is ignored, as the XDG Base Directory Specification says.
    pub fn config_home(&self) -> Option<PathBuf> {
        let given = self.variables.get("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
        given.or_else(|| Some(self.home()?.join(".config")))
    }

    /// `$XDG_STATE_HOME`, otherwise `~/.local/state`.
    pub fn state_home(&self) -> Option<PathBuf> {
        let given = self.variables.get("XDG_STATE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
        given.or_else(|| Some(self.home()?.join(".local/state")))
    }

    /// The names of all variables, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    /// Replaces `$NAME` and `${NAME}` by the values of the variables. Names that are not set stay as they are, and the
    /// first of them is returned too.
    pub fn expand<'t>(&self, text: &'t str) -> (String, Option<&'t str>) {
        let mut out = String::with_capacity(text.len());
        let mut missing = None;
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            let Some((name, length)) = reference(behind) else {
                out.push('$');
                rest = behind;
                continue;
            };
            if let Some(value) = self.variables.get(name).and_then(|v| v.to_str()) {
                out.push_str(value);
            } else {
                out.push_str(&rest[at..=at + length]);
                missing = missing.or(Some(name));
            }
            rest = &behind[length..];
        }
        out.push_str(rest);
        (out, missing)
    }
}

/// The name that a text after `$` begins with, and the length of the whole reference after the `$`.
fn reference(text: &str) -> Option<(&str, usize)> {
    let word = |t: &str| t.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(t.len());
    if let Some(inner) = text.strip_prefix('{') {
        let length = word(inner);
        return (length > 0 && inner[length..].starts_with('}')).then(|| (&inner[..length], length + 2));
    }
    let length = word(text);
    (length > 0).then(|| (&text[..length], length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_and_unknown_ones_stay() {
        let env = Environment::of([("KEY", "k"), ("A_1", "a")]);
        let expand = |text| env.expand(text).0;
        assert_eq!(expand("x${KEY}y$A_1-$"), "xkya-$");
        assert_eq!(expand("pa$$word ${KEY"), "pa$$word ${KEY");
        assert_eq!(env.expand("$NO and ${NEITHER}"), ("$NO and ${NEITHER}".to_owned(), Some("NO")));
        assert_eq!(expand("ü$KEY"), "ük");
    }

    #[test]
    fn commands_inherit_what_they_need_and_no_key() {
        let env = Environment::of([("PATH", "/bin"), ("LC_ALL", "C"), ("ES_API_KEY", "k"), ("VT_KEY", "v"), ("LD_PRELOAD", "x")]);
        let names = |named: &[&str]| {
            let named: Vec<String> = named.iter().map(|n| (*n).to_owned()).collect();
            env.of_command(&named).names().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["LC_ALL", "PATH"]);
        assert_eq!(names(&["VT_KEY", "NOT_SET"]), ["LC_ALL", "PATH", "VT_KEY"]);
    }

    #[test]
    fn values_are_never_shown() {
        assert_eq!(format!("{:?}", Environment::of([("KEY", "hunter2")])), "{\"KEY\"}");
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        let env = Environment::of([("HOME", "/home/x"), ("P", "~/a/b"), ("Q", "/q"), ("XDG_CONFIG_HOME", "relative")]);
        assert_eq!(env.path("P"), Some("/home/x/a/b".into()));
        assert_eq!(env.path("Q"), Some("/q".into()));
        assert_eq!(env.config_home(), Some("/home/x/.config".into()));
    }
}
