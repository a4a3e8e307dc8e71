//! The catalog of a hunt: the built-in one, or that one with fields of the configuration and rows of a mapping file over it.

use super::{RunSettings, Session, input};
use crate::config::Config;
use huntc_compiler::catalog::{Catalog, Problem};
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::BAD_MAPPING;
use huntc_compiler::source::{SourceId, Span};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// A catalog that several hunts share.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other variants are what they are called")]
pub enum Tables {
    Builtin(&'static Catalog),
    /// The built-in catalog with what the user lays over it.
    Overlaid(Arc<Catalog>),
}

impl Deref for Tables {
    type Target = Catalog;

    fn deref(&self) -> &Catalog {
        match self {
            Self::Builtin(catalog) => catalog,
            Self::Overlaid(catalog) => catalog,
        }
    }
}

impl Session {
    /// The built-in catalog.
    pub fn builtin_catalog() -> Tables {
        Tables::Builtin(Catalog::builtin())
    }

    /// The catalog with the fields of the configuration, and with the rows of a mapping file over it: that of the settings if
    /// there is one, otherwise that of the configuration. Each is made once.
    pub fn catalog(&mut self, config: &Config, settings: &RunSettings) -> Result<Tables, Vec<Diagnostic>> {
        let path = settings.mapping.as_deref().or(config.run.mapping.as_deref());
        if path.is_none() && config.fields.is_empty() {
            return Ok(Self::builtin_catalog());
        }
        let key = (config.fields.clone(), path.map(Path::to_path_buf));
        if let Some(tables) = self.catalogs.get(&key) {
            return Ok(tables.clone());
        }
        let mut catalog = Self::builtin_catalog().with_fields(&config.fields);
        if let Some(path) = path {
            let name = path.display().to_string();
            let text = input::text(&name, &mut self.texts).map_err(|problem| vec![*problem])?;
            let id = self.texts.add_text(name.clone(), text.as_str());
            catalog = catalog
                .with_overlay(&name, &text)
                .map_err(|problems| problems.iter().map(|p| mapping_fault(p, id, &text)).collect::<Vec<_>>())?;
        }
        let tables = Tables::Overlaid(Arc::new(catalog));
        self.catalogs.insert(key, tables.clone());
        Ok(tables)
    }
}

/// The diagnostic of a fault in a mapping file, at its line.
fn mapping_fault(problem: &Problem, id: SourceId, text: &str) -> Diagnostic {
    let line = text.split_inclusive('\n').take(problem.line.saturating_sub(1)).map(str::len).sum::<usize>();
    let column = text.get(line..).unwrap_or("").chars().take(problem.column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
    let at = (line + column).min(text.len());
    let end = text.get(at..).and_then(|t| t.find([',', '\n'])).map_or(text.len(), |n| at + n);
    Diagnostic::new(&BAD_MAPPING, Span::new(id, at, end), problem.message.as_str())
        .help("`huntc explain K0817` says what each column holds")
}
