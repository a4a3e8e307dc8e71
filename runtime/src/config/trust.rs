//! Which configurations are believed. A `huntc.toml` that is found beside or above a huntflow may come from a stranger: what it
//! runs, sends, or writes outside of its folder needs trust. One that others can replace is not read at all.

use super::environment::Environment;
use crate::own_files;
use crate::source::SourceError;
use crate::source::regular_file;
use huntc_compiler::diag::codes::config::FILE_NOT_WRITTEN;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A configuration file, and how it came to be read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConfigFile {
    /// Its path.
    pub path: PathBuf,
    /// Who chose it.
    pub chosen: Chosen,
}

/// How a configuration file came to be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Chosen {
    /// `--config`: whoever names a file trusts it.
    Named,
    /// The user's own, `$XDG_CONFIG_HOME/huntc/huntc.toml`.
    Own,
    /// Found beside or above a huntflow.
    Near,
}

/// How to trust a configuration; it can be pasted.
pub fn way_out(file: &Path) -> String {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    format!("read it, then `huntc trust {}`", folder.display())
}

/// Who can write a file.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Writers {
    /// The user, and root.
    User,
    OnlyRoot,
    /// Others too; the text says how.
    Others(String),
}

/// Whether a configuration with this text may run, send, and write elsewhere.
pub(super) fn is_trusted(file: &ConfigFile, writers: &Writers, text: &str, environment: &Environment) -> bool {
    match file.chosen {
        Chosen::Named | Chosen::Own => true,
        Chosen::Near => {
            let system = *writers == Writers::OnlyRoot && (!is_root() || file.path.starts_with("/etc"));
            system || TrustedFiles::read(environment).is_ok_and(|trusted| trusted.has(&file.path, text))
        }
    }
}

/// Whether a path lies in a folder once links are followed, as far as it exists.
pub(super) fn is_below(folder: &Path, path: &Path) -> bool {
    let real = |path: &Path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        // What is behind a `..` cannot be told while a part before it is missing.
        let dotted = path.components().any(|part| part == std::path::Component::ParentDir);
        path.ancestors().find_map(|existing| {
            let real = existing.canonicalize().ok()?;
            let rest = path.strip_prefix(existing).ok()?;
            (existing == path || !dotted).then(|| real.join(rest))
        })
    };
    // A folder of the current folder may be the empty path.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match (real(folder), real(path)) {
        (Some(folder), Some(path)) => path.starts_with(folder),
        _ => false,
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Who can write a file, or put another one in its place: judged by its owner and those of all folders that lead to it.
#[cfg(unix)]
pub(super) fn writers(path: &Path) -> io::Result<Writers> {
    use std::os::unix::fs::MetadataExt;
    const GROUP: u32 = 0o020;
    const OTHERS: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let absolute = std::path::absolute(path)?;
    let real = path.canonicalize()?;
    let mut only_root = true;
    for part in absolute.ancestors().chain(real.ancestors()) {
        let meta = std::fs::metadata(part)?;
        let shown = part.display();
        if meta.uid() != user && meta.uid() != 0 {
            return Ok(Writers::Others(format!("`{shown}` belongs to another user (number {})", meta.uid())));
        }
        // Many systems give each user a group of their own, with the same number.
        let own_group = meta.gid() == 0 || meta.gid() == group && group == user;
        let by_group = meta.mode() & GROUP != 0 && !own_group;
        let kept = meta.is_dir() && meta.mode() & STICKY != 0;
        if (by_group || meta.mode() & OTHERS != 0) && !kept {
            let who = if by_group { "its group" } else { "everyone" };
            return Ok(Writers::Others(format!("{who} may write `{shown}`")));
        }
        only_root &= meta.uid() == 0 && (meta.mode() & GROUP == 0 || meta.gid() == 0);
    }
    Ok(if only_root { Writers::OnlyRoot } else { Writers::User })
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Elsewhere owners are not known: trust is asked for.
#[cfg(not(unix))]
pub(super) fn writers(_: &Path) -> io::Result<Writers> {
    Ok(Writers::User)
}

/// A file that the user trusts, as long as its text stays the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedFile {
    /// Its path, absolute and without links.
    pub file: PathBuf,
    /// The SHA-256 of its text, in hexadecimal digits.
    pub sha256: String,
}

/// The files that the user trusts: `trusted.json` in the user's state folder.
#[derive(Debug)]
pub struct TrustedFiles {
    place: PathBuf,
    files: Vec<TrustedFile>,
}

impl TrustedFiles {
    /// Reads the list; without one nothing is trusted.
    pub fn read(environment: &Environment) -> Result<Self, SourceError> {
        let Some(place) = environment.state_home().map(|home| home.join("huntc").join("trusted.json")) else {
            return Err(SourceError::new(&FILE_NOT_WRITTEN, "there is no place for the list of trusted files")
                .help("set HOME, or XDG_STATE_HOME to an absolute path"));
        };
        let fault = |reason: String| {
            SourceError::new(&FILE_NOT_WRITTEN, format!("the list of trusted files `{}` cannot be used", place.display()))
                .note(reason)
                .help("remove it, and trust again what you still trust")
        };
        let text = match regular_file::read_text(&place) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { place, files: Vec::new() }),
            Err(error) => return Err(fault(error.to_string())),
        };
        match writers(&place) {
            Ok(Writers::Others(how)) => return Err(fault(how)),
            Ok(_) => {}
            Err(error) => return Err(fault(error.to_string())),
        }
        let files = serde_json::from_str(&text).map_err(|e| fault(e.to_string()))?;
        Ok(Self { place, files })
    }

    /// The files of the list.
    pub fn files(&self) -> &[TrustedFile] {
        &self.files
    }

    /// Whether a file with this text is trusted.
    fn has(&self, path: &Path, text: &str) -> bool {
        let Ok(real) = path.canonicalize() else { return false };
        self.files.iter().any(|known| known.file == real && known.sha256 == sha256(text))
    }

    /// Trusts a file with this text.
    pub fn add(&mut self, path: &Path, text: &str) -> Result<(), SourceError> {
        let file = path.canonicalize().map_err(|e| self.unwritten(&e))?;
        self.files.retain(|known| known.file != file);
        self.files.push(TrustedFile { file, sha256: sha256(text) });
        self.files.sort_by(|a, b| a.file.cmp(&b.file));
        self.write()
    }

    /// Trusts a file no longer; false where it was not trusted.
    pub fn remove(&mut self, path: &Path) -> Result<bool, SourceError> {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let real = path.canonicalize().unwrap_or_else(|_| absolute.clone());
        let before = self.files.len();
        self.files.retain(|known| known.file != real && known.file != absolute);
        if self.files.len() == before {
            return Ok(false);
        }
        self.write()?;
        Ok(true)
    }

    fn unwritten(&self, error: &dyn std::fmt::Display) -> SourceError {
        SourceError::new(&FILE_NOT_WRITTEN, format!("the list of trusted files `{}` cannot be written", self.place.display()))
            .note(error.to_string())
            .help("give yourself the right to write there, or name the configuration with `--config`")
    }

    /// Only the user may read the list.
    fn write(&self) -> Result<(), SourceError> {
        let write = || -> io::Result<()> {
            let folder = self.place.parent().unwrap_or(Path::new("."));
            make_private(folder)?;
            let text = serde_json::to_string_pretty(&self.files)?;
            own_files::replace(&self.place, |file| {
                make_readable_by_user_only(file)?;
                file.write_all(text.as_bytes())
            })
        };
        write().map_err(|e| self.unwritten(&e))
    }
}

#[cfg(unix)]
fn make_readable_by_user_only(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_readable_by_user_only(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// The SHA-256 of a text, in hexadecimal digits.
pub fn sha256(text: &str) -> String {
    use std::fmt::Write as _;
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn with_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn who_can_replace_a_file_is_seen_at_it_and_at_each_folder() {
        let temp = tempfile::tempdir().unwrap();
        let (outer, inner) = (temp.path().join("outer"), temp.path().join("outer/inner"));
        std::fs::create_dir_all(&inner).unwrap();
        let file = inner.join("huntc.toml");
        std::fs::write(&file, "").unwrap();
        let judged = |mode_file: u32, mode_inner: u32, mode_outer: u32| {
            with_mode(&file, mode_file);
            with_mode(&inner, mode_inner);
            with_mode(&outer, mode_outer);
            matches!(writers(&file).unwrap(), Writers::Others(_))
        };
        assert!(!judged(0o644, 0o755, 0o755));
        assert!(judged(0o666, 0o755, 0o755));
        assert!(judged(0o644, 0o777, 0o755));
        assert!(judged(0o644, 0o755, 0o777));
        assert!(!judged(0o644, 0o1777, 0o755), "the sticky bit keeps others from replacing it");
        assert!(!judged(0o644, 0o755, 0o1777));
    }

    #[test]
    fn a_link_is_judged_where_it_lies_and_where_it_leads() {
        let temp = tempfile::tempdir().unwrap();
        let (open, own) = (temp.path().join("open"), temp.path().join("own"));
        std::fs::create_dir_all(&open).unwrap();
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join("huntc.toml"), "").unwrap();
        std::os::unix::fs::symlink(own.join("huntc.toml"), open.join("huntc.toml")).unwrap();
        with_mode(&open, 0o777);
        assert!(matches!(writers(&open.join("huntc.toml")).unwrap(), Writers::Others(_)));
        std::fs::write(open.join("real.toml"), "").unwrap();
        std::os::unix::fs::symlink(open.join("real.toml"), own.join("link.toml")).unwrap();
        assert!(matches!(writers(&own.join("link.toml")).unwrap(), Writers::Others(_)));
    }

    #[test]
    fn trust_ends_with_a_change_and_its_list_is_private() {
        let temp = tempfile::tempdir().unwrap();
        let home = temp.path().display().to_string();
        let environment = Environment::of([("HOME", home.as_str())]);
        let file = temp.path().join("huntc.toml");
        std::fs::write(&file, "a").unwrap();
        let found = ConfigFile { path: file.clone(), chosen: Chosen::Near };
        let trusted = |text| is_trusted(&found, &Writers::User, text, &environment);
        assert!(!trusted("a"));
        TrustedFiles::read(&environment).unwrap().add(&file, "a").unwrap();
        assert!(trusted("a") && !trusted("b"));
        let list = temp.path().join(".local/state/huntc/trusted.json");
        assert_eq!(list.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        with_mode(&list, 0o666);
        assert!(!trusted("a"), "others may have written the list");
        with_mode(&list, 0o600);
        assert!(TrustedFiles::read(&environment).unwrap().remove(&file).unwrap());
        assert!(!trusted("a"));
    }

    #[test]
    fn what_lies_below_a_folder_is_told_behind_links_and_dots() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("a");
        std::fs::create_dir_all(folder.join("b")).unwrap();
        std::os::unix::fs::symlink(temp.path(), folder.join("out")).unwrap();
        for (path, wanted) in
            [("b", true), ("new/x", true), ("..", false), ("b/../../x", false), ("out", false), ("out/new", false)]
        {
            assert_eq!(is_below(&folder, &folder.join(path)), wanted, "{path}");
        }
    }

    #[test]
    fn the_digest_is_that_of_everyone() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
