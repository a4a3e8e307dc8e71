//! The product's Rust files, parsed: which module each is, what it imports, what it names, what it declares.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// A module's place in its crate: `["exec", "hints"]`; the crate itself is empty.
pub(crate) type ModulePath = Vec<String>;

/// A product file: no test, and without the parts that only tests see.
pub(crate) struct SourceFile {
    /// From the repository's root.
    pub(crate) name: String,
    pub(crate) module: ModulePath,
    /// `use` lines of its own needs, as whole paths.
    pub(crate) imports: Vec<Import>,
    /// What it hands on from elsewhere: `pub use`.
    pub(crate) exports: Vec<Import>,
    /// Paths in its code, with the inline module that they stand in.
    pub(crate) paths: Vec<(ModulePath, Vec<String>)>,
    /// Types that other files may name: structs, enums, unions, traits, type aliases.
    pub(crate) types: Vec<String>,
    pub(crate) text: String,
}

/// One path of a `use`, and the name that it goes by.
#[derive(Clone)]
pub(crate) struct Import {
    /// The inline module that it stands in.
    pub(crate) inside: ModulePath,
    pub(crate) path: Vec<String>,
    /// `*` for all that is there.
    pub(crate) name: String,
}

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder, sorted.
pub(crate) fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path as messages show it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// Whether a file holds tests: `tests.rs`, and everything in a folder `tests` or `testing`.
pub(crate) fn is_test(path: &Path) -> bool {
    let names = path.strip_prefix(root()).unwrap().components().map(|c| c.as_os_str().to_string_lossy().into_owned());
    names.skip(1).any(|name| ["tests", "testing", "tests.rs", "testing.rs"].contains(&name.as_str()))
}

/// The product files of a crate.
pub(crate) fn crate_files(krate: &str) -> Vec<SourceFile> {
    let base = format!("{krate}/src");
    rust_files(&base).iter().filter(|path| !is_test(path)).map(|path| read(path, &root().join(&base))).collect()
}

fn read(path: &Path, base: &Path) -> SourceFile {
    let text = fs::read_to_string(path).unwrap();
    let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", shown(path)));
    let inner = path.strip_prefix(base).unwrap().with_extension("");
    let mut module: ModulePath = inner.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        module.pop();
    }
    let mut reader = Reader { inside: module.clone(), ..Reader::default() };
    reader.visit_file(&parsed);
    let Reader { imports, exports, paths, types, .. } = reader;
    SourceFile { name: shown(path), module, imports, exports, paths, types, text }
}

#[derive(Default)]
struct Reader {
    inside: ModulePath,
    imports: Vec<Import>,
    exports: Vec<Import>,
    paths: Vec<(ModulePath, Vec<String>)>,
    types: Vec<String>,
}

/// Whether an item is seen by tests only.
fn test_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("cfg") && a.meta.require_list().is_ok_and(|list| list.tokens.to_string().split_whitespace().eq(["test"]))
            || a.path().is_ident("test")
    })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item;
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if test_only(attributes(item)) {
            return;
        }
        let declared = match item {
            syn::Item::Struct(i) => Some((&i.vis, &i.ident)),
            syn::Item::Enum(i) => Some((&i.vis, &i.ident)),
            syn::Item::Trait(i) => Some((&i.vis, &i.ident)),
            syn::Item::Type(i) => Some((&i.vis, &i.ident)),
            syn::Item::Union(i) => Some((&i.vis, &i.ident)),
            _ => None,
        };
        if let Some((visibility, name)) = declared
            && !matches!(visibility, syn::Visibility::Inherited)
        {
            self.types.push(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.content.is_some() {
            self.inside.push(module.ident.to_string());
            visit::visit_item_mod(self, module);
            self.inside.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut found = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &self.inside, &mut found);
        if matches!(item.vis, syn::Visibility::Inherited) { &mut self.imports } else { &mut self.exports }.extend(found);
    }

    /// `pub(super)` needs nothing of what it names.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push((self.inside.clone(), path.segments.iter().map(|s| s.ident.to_string()).collect()));
        visit::visit_path(self, path);
    }

    /// What stands in a macro's brackets is not parsed: paths are found by their colons.
    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        let text = invocation.tokens.to_string().replace(" :: ", "::").replace(":: ", "::").replace(" ::", "::");
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        for word in words.filter(|w| !w.is_empty()) {
            let parts: Vec<String> = word.split("::").map(str::to_owned).collect();
            if parts.iter().all(|p| !p.is_empty() && !p.contains(':')) {
                self.paths.push((self.inside.clone(), parts));
            }
        }
        visit::visit_macro(self, invocation);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !test_only(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }
}

fn flatten(tree: &syn::UseTree, before: &mut Vec<String>, inside: &ModulePath, found: &mut Vec<Import>) {
    let mut one = |path: Vec<String>, name: String| found.push(Import { inside: inside.clone(), path, name });
    match tree {
        syn::UseTree::Path(part) => {
            before.push(part.ident.to_string());
            flatten(&part.tree, before, inside, found);
            before.pop();
        }
        syn::UseTree::Name(name) if name.ident == "self" => one(before.clone(), before.last().cloned().unwrap_or_default()),
        syn::UseTree::Name(name) => one([before.as_slice(), &[name.ident.to_string()]].concat(), name.ident.to_string()),
        syn::UseTree::Rename(name) => {
            let own = (name.ident != "self").then(|| name.ident.to_string());
            one(before.iter().cloned().chain(own).collect(), name.rename.to_string());
        }
        syn::UseTree::Glob(_) => one(before.clone(), "*".to_owned()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| flatten(item, before, inside, found)),
    }
}

/// Type names that files of a crate share, with the files.
pub(crate) fn types_by_name(files: &[SourceFile]) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files {
        for name in &file.types {
            found.entry(name).or_default().push(&file.name);
        }
    }
    found
}
