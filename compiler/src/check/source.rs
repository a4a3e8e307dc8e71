//! Data sources and files: what FROM means, which source a statement takes without it, which formats files have.

use super::context::{Checker, ColumnInfo};
use super::hir::{DataSource, SightingAttr, SourceRef, VarId};
use super::scheme;
use crate::catalog::{EntityId, canonical};
use crate::diag::codes::names::{
    BAD_DATA_SOURCE, BAD_INDEX_NAME, FILE_FORMAT, NO_DATA_SOURCE, NO_SOURCE_FITS, SOURCE_LIKE_VARIABLE,
};
use crate::diag::{Diagnostic, Reported};
use crate::index_name;
use crate::options::LoadedFile;
use crate::source::Span;
use crate::syntax::ast::{Ident, Path};
use crate::syntax::errors::names::shorten;
use crate::syntax::print;

/// The scheme of a data source without one.
const DEFAULT_SCHEME: &str = "stixshifter";

/// Most data sources of one huntflow.
const MOST_SOURCES: usize = 1000;

/// Suffixes of the files of SAVE and LOAD, and of compressions after them.
const FORMATS: &[&str] = &[".csv", ".json", ".parquet"];
const COMPRESSIONS: &[&str] = &[".gz", ".zst"];
/// Compressions that Kestrel knows and huntc does not.
const OTHER_COMPRESSIONS: &[&str] = &[".bz2", ".zip", ".xz"];

/// What FROM means.
pub(crate) enum Origin {
    /// A variable of the hunt.
    Variable(VarId),
    /// One data source or more.
    Sources(Vec<SourceRef>),
}

impl Checker<'_> {
    /// FROM of GET; without it, the data sources of the last GET that named any.
    pub(crate) fn origin(&mut self, from: Option<&Path>) -> Result<Origin, Reported> {
        let Some(path) = from else {
            // A part of the text that could not be read may have named one.
            if self.last_sources.is_empty() && self.unread_before() {
                return Err(self.told());
            }
            if self.last_sources.is_empty() {
                let diagnostic = Diagnostic::new(&NO_DATA_SOURCE, self.span, "GET has no FROM, and no data source is named before")
                    .label("from where?")
                    .help("name a data source: FROM stixshifter://NAME");
                return Err(self.report(diagnostic));
            }
            return Ok(Origin::Sources(self.last_sources.clone()));
        };
        if !path.quoted && self.scope.knows(&path.text) {
            let name = Ident { text: path.text.clone(), span: path.span };
            return self.resolve(&name).map(Origin::Variable);
        }
        let sources = self.data_sources(path)?;
        self.almost_variable(path);
        self.last_sources.clone_from(&sources);
        Ok(Origin::Sources(sources))
    }

    /// Reads a list of data sources: `stixshifter://a,b`. An entry without a scheme has that of the entry before.
    fn data_sources(&mut self, path: &Path) -> Result<Vec<SourceRef>, Reported> {
        let mut scheme = DEFAULT_SCHEME.to_owned();
        let mut sources = Vec::new();
        for part in path.text.split(',') {
            let part = part.trim();
            self.scheme(path, part, scheme::SOURCES)?;
            let name = match part.split_once("://") {
                Some((before, name)) => {
                    scheme = before.to_ascii_lowercase();
                    name
                }
                None => part,
            };
            if name.is_empty() {
                let diagnostic = Diagnostic::new(&BAD_DATA_SOURCE, path.span, "a data source has no name")
                    .label("a name is missing")
                    .help("a list of data sources is written stixshifter://a,b");
                return Err(self.report(diagnostic));
            }
            // Names of bound sources are the same in any case; paths are not.
            let lower = name.to_lowercase();
            let pattern = lower.contains('*') && index_name::fault(&lower.replace('*', "x")).is_none();
            if pattern && !scheme::is_of_files(&scheme) {
                for source in self.fitting(path, &scheme, &lower)? {
                    if !sources.contains(&source) {
                        sources.push(source);
                    }
                }
                continue;
            }
            self.index_name(path, &scheme, name, &lower)?;
            let written = if scheme == DEFAULT_SCHEME { &lower } else { name };
            let uri = format!("{scheme}://{written}");
            let source =
                self.source(DataSource { uri, name: if scheme == "file" { name.to_owned() } else { lower } }, path.span)?;
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        Ok(sources)
    }

    /// The bound sources whose names fit a pattern, in the order of their names. None is an error: a hunt that asks nobody finds
    /// nothing.
    fn fitting(&mut self, path: &Path, scheme: &str, pattern: &str) -> Result<Vec<SourceRef>, Reported> {
        let mut names: Vec<String> = self.options.sources.iter().map(|s| s.name.clone()).collect();
        names.extend(self.options.broken_sources.iter().cloned());
        names.sort_unstable();
        names.dedup();
        let (fit, other): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| fits(pattern, name));
        if fit.is_empty() {
            let message = format!("no bound data source fits `{}`", shorten(pattern));
            let diagnostic = Diagnostic::new(&NO_SOURCE_FITS, path.span, message)
                .label("asks nobody")
                .note(bound_names(&other))
                .note("the pattern is compared with names of data sources, never with names of indices");
            return Err(self.report(diagnostic.help("`huntc sources` lists the names; --source NAME=URI binds one")));
        }
        let one = |cx: &mut Self, name: String| cx.source(DataSource { uri: format!("{scheme}://{name}"), name }, path.span);
        fit.into_iter().map(|name| one(self, name)).collect()
    }

    /// Refuses a name that is no index's, where it would stand for one: nothing is bound to it.
    fn index_name(&mut self, path: &Path, scheme: &str, name: &str, lower: &str) -> Result<(), Reported> {
        let stands_for_itself = scheme::is_of_files(scheme) || self.options.sources.iter().any(|s| s.name == lower);
        let Some(fault) = (!stands_for_itself).then(|| index_name::fault(name)).flatten() else { return Ok(()) };
        let message = "a data source is not bound, and no index can have its name";
        let diagnostic = Diagnostic::new(&BAD_INDEX_NAME, path.span, message).label("stands for an index");
        Err(self.report(
            diagnostic.note(fault).help("write the name of a source: FROM stixshifter://NAME, as `huntc sources` lists it"),
        ))
    }

    /// Refuses a name whose scheme is misspelt; the fix is the whole path with `part` mended.
    pub(crate) fn scheme(&mut self, path: &Path, part: &str, schemes: &[&str]) -> Result<(), Reported> {
        let Some(mended) = scheme::mended(part, schemes) else { return Ok(()) };
        let whole = path.text.replacen(part, &mended, 1);
        let fixed = if path.quoted { print::quoted(&whole) } else { whole };
        let written = part.find(mended.rsplit("://").next().unwrap_or("").trim_start_matches('/')).unwrap_or(part.len());
        let message = format!("`{}` is no scheme", part.get(..written).unwrap_or(part));
        let diagnostic = Diagnostic::new(&BAD_DATA_SOURCE, path.span, message).label("a scheme, `://` and a name are needed").fix(
            "write the scheme in full",
            path.span,
            fixed,
        );
        Err(self.report(diagnostic))
    }

    fn source(&mut self, source: DataSource, place: Span) -> Result<SourceRef, Reported> {
        let known = self.hunt.sources.iter().position(|s| *s == source);
        if known.is_none() && self.hunt.sources.len() >= MOST_SOURCES {
            let message = format!("a huntflow names at most {MOST_SOURCES} data sources");
            let diagnostic = Diagnostic::new(&BAD_DATA_SOURCE, place, message).label("one too many");
            return Err(self.report(diagnostic.help("split the huntflow, or let one profile name several indices")));
        }
        let index = known.unwrap_or_else(|| {
            self.hunt.sources.push(source);
            self.hunt.sources.len() - 1
        });
        Ok(SourceRef(index as u16))
    }

    /// Warns of a bare name that is taken for a data source, but is spelt almost like a variable.
    fn almost_variable(&mut self, path: &Path) {
        let bare = !path.quoted && !path.text.contains("://") && !path.text.contains([',', '.', '/']);
        let bound = self.options.sources.iter().any(|p| p.name == path.text.to_lowercase());
        if !bare || bound {
            return;
        }
        if let Some(near) = self.scope.similar(&path.text) {
            let message = format!("`{}` is no variable, so it names a data source", path.text);
            let diagnostic = Diagnostic::new(&SOURCE_LIKE_VARIABLE, path.span, message)
                .label(format!("stixshifter://{}", path.text.to_lowercase()))
                .fix("a variable with a similar name is bound", path.span, near);
            self.report(diagnostic);
        }
    }

    /// Whether LIKE distinguishes case on these data sources: the first one's profile says so.
    pub(crate) fn like_case(&self, sources: &[SourceRef]) -> bool {
        let first = sources.first().map(|s| &self.hunt.sources[usize::from(s.0)].name);
        first.is_some_and(|name| self.options.sources.iter().any(|p| p.name == *name && p.like_case_sensitive))
    }

    /// The data sources of a NEW or LOAD variable: those of the last GET that named any.
    pub(crate) fn named_sources(&self) -> Vec<SourceRef> {
        self.last_sources.clone()
    }

    /// Reports an input of FIND that has no data source to ask.
    pub(crate) fn needs_source(&mut self, input: VarId, place: Span) -> Result<(), Reported> {
        let var = self.var(input);
        if !var.sources.is_empty() {
            return Ok(());
        }
        if self.unread_before() {
            return Err(self.told());
        }
        let var = self.var(input);
        let diagnostic = Diagnostic::new(&NO_DATA_SOURCE, place, format!("`{}` has no data source that FIND could ask", var.name))
            .label("made without a data source")
            .also(var.span, "bound before any data source is named")
            .help("name a data source before: a GET … FROM stixshifter://NAME above this variable");
        Err(self.report(diagnostic))
    }
}

/// Whether a name fits a pattern in which `*` stands for any run of characters; both are in lower case.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or("")) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The names of data sources, as many as a message has room for.
fn bound_names(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", shorten(name))).collect();
    match names.len() {
        0 => "no data source is bound".to_owned(),
        n if n > SHOWN => format!("bound are {} and {} more", shown.join(", "), n - SHOWN),
        _ => format!("bound are {}", shown.join(", ")),
    }
}

/// Refuses file formats that SAVE and LOAD do not know.
pub(crate) fn file_format(cx: &mut Checker<'_>, path: &Path) -> Result<(), Reported> {
    let lower = path.text.to_ascii_lowercase();
    let plain = COMPRESSIONS.iter().find_map(|c| lower.strip_suffix(c)).unwrap_or(&lower);
    if FORMATS.iter().any(|f| plain.ends_with(f) && plain.len() > f.len()) {
        return Ok(());
    }
    // The message shows the last suffix with a compression after it: `.xlsx.gz`.
    let archive = OTHER_COMPRESSIONS.iter().find_map(|c| plain.strip_suffix(c)).unwrap_or(plain);
    let name = archive.rfind(['/', '\\']).map_or(0, |i| i + 1);
    let stem = archive[name..].rfind('.').map_or(archive.len(), |dot| name + dot);
    let suffix = if stem == path.text.len() { "a name without suffix" } else { &lower[stem..] };
    let mut fixed = format!("{}.csv", path.text.get(..stem).unwrap_or_default());
    if path.quoted {
        fixed = format!("'{fixed}'");
    }
    let diagnostic = Diagnostic::new(&FILE_FORMAT, path.span, format!("no file format is known for `{suffix}`"))
        .label("unknown format")
        .note("formats: .csv, .json and .parquet, each also as .gz or .zst")
        .fix("a CSV file", path.span, fixed);
    Err(cx.report(diagnostic))
}

impl Checker<'_> {
    /// Notes that a file holds a variable's rows.
    pub(crate) fn saves(&mut self, path: &str, input: VarId) {
        let entity = self.entity_of(input);
        self.saved.insert(path.to_owned(), entity);
    }

    /// What is known of a file of LOAD.
    pub(crate) fn loaded(&self, path: &str) -> Option<&LoadedFile> {
        self.options.loaded.iter().find(|file| file.path == path)
    }

    /// The columns of a file of LOAD beyond the catalog, as far as they are known; of one that this huntflow saves they are not.
    pub(crate) fn loaded_columns(&self, path: &str, entity: EntityId) -> Option<Vec<ColumnInfo>> {
        let columns = self.loaded(path).filter(|_| !self.saved.contains_key(path))?.columns.as_ref()?;
        let kind = self.catalog.get(entity);
        let of_file = |name: &&String| kind.attribute(&canonical(name)).is_none() && SightingAttr::from_name(name).is_none();
        Some(columns.iter().filter(of_file).map(|name| ColumnInfo { name: name.clone(), ty: None }).collect())
    }

    /// The entity type of a file: that of what this huntflow saved there before, else that of the file on disk where it is
    /// known, else that of the next GET from the variable that is bound here.
    pub(crate) fn saved(&self, path: &str) -> Option<EntityId> {
        let before = self.saved.get(path).copied();
        let on_disk = || self.catalog.entity(self.loaded(path)?.entity.as_ref()?);
        before.or_else(on_disk).or_else(|| self.catalog.entity(self.outline.taken_as(self.index)?))
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, name) in
            [("*", "a"), ("a*", "a"), ("a*", "abc"), ("*c", "abc"), ("a*c", "ac"), ("a*b*c", "axbxbc"), ("**", "a")]
        {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("a*", "ba"), ("*c", "ca"), ("a*a", "a"), ("a*b*c", "acb"), ("win-*", "win"), ("a*bc*c", "abc")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
