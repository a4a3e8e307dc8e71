//! Finds `huntc.toml`.

use super::environment::Environment;
use std::path::{Path, PathBuf};

const NAME: &str = "huntc.toml";

/// The first `huntc.toml` in `start` or a folder above it, otherwise `$XDG_CONFIG_HOME/huntc/huntc.toml`.
pub fn find(start: &Path, environment: &Environment) -> Option<PathBuf> {
    // Made absolute, because the parents of a relative `hunts/windows` end at `hunts`.
    let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_path_buf());
    let near = absolute.ancestors().map(|folder| folder.join(NAME)).find(|file| file.is_file()).map(from_here);
    near.or_else(|| Some(environment.config_home()?.join("huntc").join(NAME)).filter(|file| file.is_file()))
}

/// The path relative to the current folder, if the file is below it. This makes messages short.
fn from_here(path: PathBuf) -> PathBuf {
    let here = std::env::current_dir().ok();
    match here.and_then(|here| Some(path.strip_prefix(here).ok()?.to_path_buf())) {
        Some(relative) => relative,
        None => path,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_parent_wins_over_the_users_own() {
        let temp = tempfile::tempdir().unwrap();
        let (deep, own) = (temp.path().join("a/b"), temp.path().join("own/huntc"));
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir_all(&own).unwrap();
        let own_home = temp.path().join("own");
        let env = Environment::of([("XDG_CONFIG_HOME", own_home.to_str().unwrap())]);
        assert_eq!(find(&deep, &env), None);
        fs::write(own.join(NAME), "").unwrap();
        assert_eq!(find(&deep, &env), Some(own.join(NAME)));
        fs::write(temp.path().join("a").join(NAME), "").unwrap();
        assert_eq!(find(&deep, &env), Some(temp.path().join("a").join(NAME)));
    }
}
