//! Which file needs which: the paths of `use` lines and of code, led to the file that declares what they name. A `pub use` is
//! no need of its file; whoever names what it hands on needs the file where that is declared.

use super::sources::{Import, ModulePath, SourceFile};
use std::collections::{BTreeMap, BTreeSet};

/// The files of a crate and their needs, by index.
pub(crate) struct Graph<'a> {
    files: &'a [SourceFile],
    /// Modules, inline ones too, with the file that holds them.
    modules: BTreeMap<ModulePath, usize>,
    pub(crate) needs: Vec<BTreeSet<usize>>,
}

/// Re-exports lead to re-exports, but not for ever.
const STEPS: usize = 8;

impl<'a> Graph<'a> {
    pub(crate) fn new(files: &'a [SourceFile]) -> Self {
        let mut modules: BTreeMap<ModulePath, usize> = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            let inline = file.paths.iter().map(|(inside, _)| inside);
            for inside in inline.chain(file.imports.iter().chain(&file.exports).map(|i| &i.inside)) {
                modules.entry(inside.clone()).or_insert(index);
            }
        }
        for (index, file) in files.iter().enumerate() {
            modules.insert(file.module.clone(), index);
        }
        let mut graph = Self { files, modules, needs: Vec::new() };
        graph.needs = (0..files.len()).map(|file| graph.needs_of(file)).collect();
        graph
    }

    fn needs_of(&self, index: usize) -> BTreeSet<usize> {
        let file = &self.files[index];
        let imports = file.imports.iter().map(|i| (&i.inside, &i.path));
        // A single name is a local one, or that of an import.
        let named = file.paths.iter().filter(|(_, path)| path.len() > 1).map(|(inside, path)| (inside, path));
        let mut needs: BTreeSet<usize> =
            imports.chain(named).filter_map(|(inside, path)| self.target(index, inside, path, STEPS)).collect();
        needs.remove(&index);
        needs
    }

    /// The file that declares what a path names; none of other crates' things and of local names.
    fn target(&self, file: usize, inside: &ModulePath, path: &[String], steps: usize) -> Option<usize> {
        let (module, rest) = self.module(file, inside, path, steps)?;
        let holder = *self.modules.get(&module)?;
        let Some(name) = rest.first() else { return Some(holder) };
        if steps == 0 {
            return Some(holder);
        }
        let exports = self.files[holder].exports.iter().filter(|e| e.inside == module);
        let exported = exports.clone().find(|e| e.name == *name).or_else(|| {
            // A glob hands on what its module declares.
            exports.filter(|e| e.name == "*").find(|e| self.declares(holder, e, name))
        });
        match exported {
            Some(export) => {
                let mut path = export.path.clone();
                if export.name == "*" {
                    path.push(name.clone());
                }
                self.target(holder, &export.inside, &path, steps - 1).or(Some(holder))
            }
            None => Some(holder),
        }
    }

    fn declares(&self, holder: usize, glob: &Import, name: &str) -> bool {
        let target = self.target(holder, &glob.inside, &glob.path, STEPS);
        let words = ["struct", "enum", "trait", "type", "fn", "const", "static"];
        let says = |text: &str| words.iter().any(|word| text.contains(&format!("{word} {name}")));
        target.is_some_and(|file| says(&self.files[file].text))
    }

    /// The innermost module of a path, and what is left of the path in it.
    fn module(&self, file: usize, inside: &ModulePath, path: &[String], steps: usize) -> Option<(ModulePath, Vec<String>)> {
        let first = path.first()?;
        let mut at = inside.clone();
        let mut rest = path;
        match first.as_str() {
            "crate" => (at, rest) = (Vec::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|s| s == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            name => {
                let child = [inside.as_slice(), std::slice::from_ref(first)].concat();
                if !self.modules.contains_key(&child) {
                    // The name of an import; the import itself is a need of its own, so only what lies behind it is looked for.
                    let import = self.files[file].imports.iter().find(|i| i.inside == *inside && i.name == name)?;
                    let whole = [import.path.as_slice(), &path[1..]].concat();
                    return if steps == 0 || import.path.first() == Some(first) {
                        None
                    } else {
                        self.module(file, inside, &whole, steps - 1)
                    };
                }
            }
        }
        while let Some(next) = rest.first() {
            let deeper = [at.as_slice(), std::slice::from_ref(next)].concat();
            if !self.modules.contains_key(&deeper) {
                break;
            }
            at = deeper;
            rest = &rest[1..];
        }
        Some((at, rest.to_vec()))
    }

    /// Circles: sets of files each of which needs every other, by whatever way. Names, sorted.
    pub(crate) fn circles(&self) -> Vec<Vec<&str>> {
        let count = self.files.len();
        let reach: Vec<BTreeSet<usize>> = (0..count).map(|file| self.reachable(file)).collect();
        let mut done = BTreeSet::new();
        let mut circles = Vec::new();
        for file in 0..count {
            let circle: Vec<usize> = reach[file].iter().copied().filter(|other| reach[*other].contains(&file)).collect();
            if circle.len() > 1 && done.insert(circle.clone()) {
                circles.push(circle.into_iter().map(|f| self.files[f].name.as_str()).collect());
            }
        }
        circles
    }

    /// The needs between files of a circle, a line each.
    pub(crate) fn needs_within(&self, circle: &[&str]) -> String {
        let inside = |file: usize| circle.contains(&self.files[file].name.as_str());
        let members = (0..self.files.len()).filter(|file| inside(*file));
        let lines = members.flat_map(|file| {
            let needs = self.needs[file].iter().filter(|need| inside(**need));
            needs.map(move |need| format!("\n    {} needs {}", self.files[file].name, self.files[*need].name))
        });
        lines.collect()
    }

    fn reachable(&self, from: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            for need in &self.needs[file] {
                if seen.insert(*need) {
                    open.push(*need);
                }
            }
        }
        seen
    }

    /// Needs between modules of the crate's top level, with an instance of each.
    pub(crate) fn module_needs(&self) -> BTreeMap<(&str, &str), &str> {
        let mut found = BTreeMap::new();
        for (file, needs) in self.files.iter().zip(&self.needs) {
            let Some(from) = file.module.first() else { continue };
            for need in needs {
                if let Some(to) = self.files[*need].module.first()
                    && to != from
                {
                    found.entry((from.as_str(), to.as_str())).or_insert(file.name.as_str());
                }
            }
        }
        found
    }
}
