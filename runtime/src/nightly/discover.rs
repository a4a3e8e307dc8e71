//! Finds the huntflows of a folder, and chooses some of them.

use crate::source::SourceError;
use foldhash::HashSet;
use globset::GlobBuilder;
use huntc_compiler::diag::codes::nightly::{NO_HUNTFLOWS, UNKNOWN_HUNT};
use huntc_compiler::diag::suggest;
use std::path::{Path, PathBuf};

/// A huntflow of the folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct HuntFile {
    /// The path below the folder, with `/`. The state knows the hunt by this name.
    pub name: String,
    pub path: PathBuf,
}

/// The deepest folder below the named one that is searched.
const DEEPEST: usize = 8;

/// The huntflows in a folder and the folders below it, sorted by name. Names that begin with a dot, and the folders in
/// `without`, are left out. A file that links give several names is one huntflow, and one that is named stands for itself.
pub fn huntflows(folder: &Path, without: &[&Path]) -> Result<Vec<HuntFile>, SourceError> {
    if let Some(name) = folder.file_name().and_then(|n| n.to_str()).filter(|_| is_huntflow(folder) && folder.is_file()) {
        return Ok(vec![HuntFile { name: name.to_owned(), path: folder.to_path_buf() }]);
    }
    let none = || SourceError::new(&NO_HUNTFLOWS, format!("the folder `{}` holds no huntflow", folder.display()));
    let mut search = Search::default();
    search.seen.extend(without.iter().filter_map(|p| std::fs::canonicalize(p).ok()));
    search.all(folder).map_err(|e| none().note(format!("the reason: {e}")).help("name the folder of the huntflows"))?;
    let mut found = search.found;
    if found.is_empty() {
        return Err(none().help("name a folder with files that end in `.hf` or `.ipynb`"));
    }
    found.sort();
    Ok(found)
}

fn is_huntflow(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "hf" || e == "ipynb")
}

/// The folder that huntflows are in: the named one, or that of the one file that is named.
pub fn folder_of(named: &Path) -> PathBuf {
    match named.parent().filter(|_| named.is_file()) {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_path_buf(),
        None => named.to_path_buf(),
    }
}

/// The huntflows that `only` chooses: each entry is a name, with or without its extension, or a glob whose `*` stands for
/// folders too. No entry chooses all. One that chooses nothing is an error.
pub fn select(files: Vec<HuntFile>, only: &[String]) -> Result<Vec<HuntFile>, SourceError> {
    if only.is_empty() {
        return Ok(files);
    }
    let mut chosen = vec![false; files.len()];
    for wanted in only {
        let glob = GlobBuilder::new(wanted).build().map_err(|e| {
            SourceError::new(&UNKNOWN_HUNT, format!("`{wanted}` is no glob: {}", e.kind()))
                .help("write a name, or a glob such as `network/*`; `[*]` stands for the sign itself")
        })?;
        let glob = glob.compile_matcher();
        let mut hit = false;
        for (file, chosen) in files.iter().zip(&mut chosen) {
            if file.name == *wanted || stem(&file.name) == wanted || glob.is_match(&file.name) {
                (hit, *chosen) = (true, true);
            }
        }
        if !hit {
            return Err(unknown(wanted, &files));
        }
    }
    Ok(files.into_iter().zip(chosen).filter_map(|(file, chosen)| chosen.then_some(file)).collect())
}

/// The name of a hunt without its extension.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn unknown(wanted: &str, files: &[HuntFile]) -> SourceError {
    let problem = SourceError::new(&UNKNOWN_HUNT, format!("no hunt of the folder is called `{wanted}`"));
    let base = |name: &str| name.rsplit('/').next().is_some_and(|file| file == wanted || stem(file) == wanted);
    let names = || files.iter().map(|f| f.name.as_str());
    let in_folder = names().find(|name| base(name));
    // A name may be written without its extension.
    let near = in_folder.or_else(|| suggest::best(wanted, names())).or_else(|| {
        let near = suggest::best(wanted, names().map(stem))?;
        names().find(|name| stem(name) == near)
    });
    match near {
        Some(near) => problem.help(format!("the nearest is `--only {near}`")),
        None => problem.help("name a file of the folder, such as `network/beacons.hf`, or write a glob: `--only 'network/*'`"),
    }
}

#[derive(Default)]
struct Search {
    found: Vec<HuntFile>,
    /// Files and folders that were looked at, without links, and folders to be left out.
    seen: HashSet<PathBuf>,
    /// What links lead to is looked at last, so that what has a name of its own keeps it: path, name and depth.
    links: Vec<(PathBuf, String, usize)>,
}

impl Search {
    fn all(&mut self, folder: &Path) -> std::io::Result<()> {
        self.seen.insert(std::fs::canonicalize(folder)?);
        self.folder(folder, "", 0)?;
        // Links are followed, because a mounted ConfigMap consists of links.
        while !self.links.is_empty() {
            let mut links = std::mem::take(&mut self.links);
            links.sort();
            for (path, name, depth) in links {
                self.entry(path, name, depth)?;
            }
        }
        Ok(())
    }

    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()).filter(|name| !name.starts_with('.')) else { continue };
            let name = format!("{prefix}{name}");
            if path.is_symlink() { self.links.push((path, name, depth)) } else { self.entry(path, name, depth)? }
        }
        Ok(())
    }

    fn entry(&mut self, path: PathBuf, name: String, depth: usize) -> std::io::Result<()> {
        let is_folder = path.is_dir();
        let is_huntflow = !is_folder && is_huntflow(&path);
        // What a link leads to may be gone; whoever opens it says so.
        let real = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let wanted = is_folder && depth < DEEPEST || is_huntflow;
        if !wanted || !self.seen.insert(real) {
            return Ok(());
        }
        if is_folder {
            return self.folder(&path, &format!("{name}/"), depth + 1);
        }
        self.found.push(HuntFile { name, path });
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn huntflows_of_a_folder_by_name() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        for folder in ["net", ".git", "out", "empty"] {
            std::fs::create_dir(at(folder)).unwrap();
        }
        for file in ["b.hf", "a.ipynb", "net/c.hf", ".git/d.hf", "out/e.hf", ".f.hf", "g.txt"] {
            std::fs::write(at(file), "").unwrap();
        }
        let names: Vec<String> = huntflows(temp.path(), &[&at("out")]).unwrap().into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["a.ipynb", "b.hf", "net/c.hf"]);
        assert_eq!(huntflows(&at("empty"), &[]).unwrap_err().code.id, "K0864");
        assert_eq!(huntflows(&at("missing"), &[]).unwrap_err().code.id, "K0864");
    }

    fn hunts(names: &[&str]) -> Vec<HuntFile> {
        names.iter().map(|n| HuntFile { name: (*n).to_owned(), path: PathBuf::from(n) }).collect()
    }

    fn chosen(only: &[&str]) -> Result<Vec<String>, SourceError> {
        let only: Vec<String> = only.iter().map(|o| (*o).to_owned()).collect();
        let files = hunts(&["a.hf", "lsass-access.hf", "lsass-dump.ipynb", "net/beacons.hf"]);
        Ok(select(files, &only)?.into_iter().map(|f| f.name).collect())
    }

    #[test]
    fn hunts_are_chosen_by_name_and_glob() {
        assert_eq!(chosen(&[]).unwrap().len(), 4);
        assert_eq!(chosen(&["lsass-*"]).unwrap(), ["lsass-access.hf", "lsass-dump.ipynb"]);
        assert_eq!(chosen(&["lsass-dump", "a.hf", "a"]).unwrap(), ["a.hf", "lsass-dump.ipynb"]);
        assert_eq!(chosen(&["net/*"]).unwrap(), ["net/beacons.hf"]);
        assert_eq!(chosen(&["*beacons*"]).unwrap(), ["net/beacons.hf"]);
    }

    #[test]
    fn a_choice_of_nothing_is_an_error_with_the_nearest_name() {
        for (wanted, near) in [
            ("lsass-acces.hf", "lsass-access.hf"),
            ("lsass-dmp", "lsass-dump.ipynb"),
            ("beacons.hf", "net/beacons.hf"),
            ("beacons", "net/beacons.hf"),
        ] {
            let error = chosen(&["a.hf", wanted]).unwrap_err();
            assert_eq!(error.code.id, "K0869");
            assert!(error.helps[0].contains(&format!("`--only {near}`")), "{error:?}");
        }
        assert!(chosen(&["zzz*"]).is_err() && chosen(&["[a"]).is_err());
    }

    #[test]
    fn a_file_stands_for_itself() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("a.hf");
        std::fs::write(&file, "").unwrap();
        assert_eq!(huntflows(&file, &[]).unwrap(), [HuntFile { name: "a.hf".to_owned(), path: file.clone() }]);
        assert_eq!(folder_of(&file), temp.path());
        assert_eq!(folder_of(temp.path()), temp.path());
        std::fs::write(temp.path().join("a.txt"), "").unwrap();
        assert!(huntflows(&temp.path().join("a.txt"), &[]).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_circle_end_and_each_file_counts_once() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        std::fs::create_dir_all(at("net/deep")).unwrap();
        for file in ["a.hf", "net/b.hf", "net/deep/c.hf"] {
            std::fs::write(at(file), "").unwrap();
        }
        for number in 0..8 {
            std::os::unix::fs::symlink(".", at(&format!("loop{number}"))).unwrap();
            std::os::unix::fs::symlink("..", at(&format!("net/up{number}"))).unwrap();
        }
        std::os::unix::fs::symlink("net/b.hf", at("0-again.hf")).unwrap();
        std::os::unix::fs::symlink("net/deep", at("0-also")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("gone.hf")).unwrap();
        let names: Vec<String> = huntflows(temp.path(), &[]).unwrap().into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["a.hf", "gone.hf", "net/b.hf", "net/deep/c.hf"]);
    }
}
