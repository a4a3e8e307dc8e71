//! Finds `huntc.toml`.

use super::environment::Environment;
use super::trust::{Chosen, ConfigFile};
use std::path::{Path, PathBuf};

const NAME: &str = "huntc.toml";

/// The first `huntc.toml` in `start` or a folder above it, otherwise `$XDG_CONFIG_HOME/huntc/huntc.toml`.
pub fn find(start: &Path, environment: &Environment) -> Option<ConfigFile> {
    // Made absolute, because the parents of a relative `hunts/windows` end at `hunts`.
    let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_path_buf());
    let near = absolute.ancestors().map(|folder| folder.join(NAME)).find(|file| file.is_file());
    let own = environment.config_home().map(|home| home.join("huntc").join(NAME)).filter(|file| file.is_file());
    match (near, own) {
        // Hunts may lie beside the user's own file.
        (Some(near), own) if own.as_ref() != Some(&near) => Some(ConfigFile { path: from_here(near), chosen: Chosen::Near }),
        (_, own) => own.map(|path| ConfigFile { path, chosen: Chosen::Own }),
    }
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
        let found = |start: &Path| find(start, &env).map(|file| (file.path, file.chosen));
        assert_eq!(found(&deep), Some((own.join(NAME), Chosen::Own)));
        assert_eq!(found(&own), Some((own.join(NAME), Chosen::Own)));
        fs::write(temp.path().join("a").join(NAME), "").unwrap();
        assert_eq!(found(&deep), Some((temp.path().join("a").join(NAME), Chosen::Near)));
    }
}
