//! Finds the huntflows of a folder.

use crate::source::SourceError;
use foldhash::HashSet;
use huntc_compiler::diag::codes::nightly::NO_HUNTFLOWS;
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
/// `without`, are left out. A file that links give several names is one huntflow.
pub fn huntflows(folder: &Path, without: &[&Path]) -> Result<Vec<HuntFile>, SourceError> {
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
        let is_huntflow = !is_folder && path.extension().is_some_and(|e| e == "hf" || e == "ipynb");
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
