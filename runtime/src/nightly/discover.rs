//! Finds the huntflows of a folder.

use crate::source::SourceError;
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
/// `without`, are left out.
pub fn huntflows(folder: &Path, without: &[&Path]) -> Result<Vec<HuntFile>, SourceError> {
    let without: Vec<PathBuf> = without.iter().filter_map(|p| std::fs::canonicalize(p).ok()).collect();
    let mut found = Vec::new();
    let none = || SourceError::new(&NO_HUNTFLOWS, format!("the folder `{}` holds no huntflow", folder.display()));
    walk(folder, "", 0, &without, &mut found)
        .map_err(|e| none().note(format!("the reason: {e}")).help("name the folder of the huntflows"))?;
    if found.is_empty() {
        return Err(none().help("name a folder with files that end in `.hf` or `.ipynb`"));
    }
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, depth: usize, without: &[PathBuf], found: &mut Vec<HuntFile>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{prefix}{name}");
        // Links are followed, because a mounted ConfigMap consists of links.
        if path.is_dir() {
            let kept_out = std::fs::canonicalize(&path).is_ok_and(|p| without.contains(&p));
            if !kept_out && depth < DEEPEST {
                walk(&path, &format!("{name}/"), depth + 1, without, found)?;
            }
        } else if path.extension().is_some_and(|e| e == "hf" || e == "ipynb") {
            found.push(HuntFile { name, path });
        }
    }
    Ok(())
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
}
