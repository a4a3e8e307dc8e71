//! Runs a huntflow through all passes, for unit tests: from a text to its diagnostics, its printed form and its plan.

#![allow(clippy::panic)]

use crate::catalog::Catalog;
use crate::compile::{self, Compilation, compile};
use crate::options::{AnalyticProfile, Options};
use crate::plan::{self, Plan};
use crate::program::print;
use crate::source::SourceSet;
use crate::time::Instant;

/// A text after all passes.
pub(crate) struct Compiled {
    text: String,
    compilation: Compilation,
}

/// Options at a fixed instant, with an analytic whose outputs are declared.
pub(crate) fn options() -> Options {
    let mut options = Options::at(Instant::parse("2024-01-01T00:00:00Z").unwrap_or(Instant(0)));
    options.analytics = vec![AnalyticProfile { uri: "docker://score".into(), outputs: Some(vec!["x_score".into()]) }];
    options
}

pub(crate) fn compiled_with(text: &str, options: &Options) -> Compiled {
    let mut sources = SourceSet::default();
    let id = sources.add_text("hunt.hf", text);
    Compiled { text: text.to_owned(), compilation: compile(&sources, id, Catalog::builtin(), options) }
}

pub(crate) fn compiled(text: &str) -> Compiled {
    compiled_with(text, &options())
}

impl Compiled {
    /// Code and underlined text of every diagnostic but those of unused variables.
    pub(crate) fn told(&self) -> Vec<(&str, &str)> {
        let told = self.compilation.diagnostics.iter().filter(|d| d.code.id != "K0102");
        told.map(|d| (d.code.id, &self.text[d.primary.span.start as usize..d.primary.span.end as usize])).collect()
    }

    /// The text in its canonical form, which prints as itself.
    pub(crate) fn printed(&self) -> String {
        let printed = print::program(&self.compilation.program);
        assert_eq!(print::program(&compiled(&printed).compilation.program), printed, "printing is a fixed point");
        printed
    }

    /// The plan of a text without errors.
    pub(crate) fn plan(&self) -> &Plan {
        match &self.compilation.compiled {
            Some(compiled) => &compiled.plan,
            None => panic!("{}\n{:#?}", self.text, self.compilation.diagnostics),
        }
    }

    /// The plan as text, a line for each node, variable and output: `n1 = filter … → process of n0 with name, pid`.
    pub(crate) fn lines(&self) -> Vec<String> {
        let Some(compile::Compiled { plan, .. }) = &self.compilation.compiled else {
            panic!("{}\n{:#?}", self.text, self.compilation.diagnostics)
        };
        let text = plan::show::plan(plan, Catalog::builtin());
        let lines = text.lines().filter(|line| !line.starts_with("     needs "));
        lines.collect::<Vec<_>>().join("\n").replace("\n     ", " ").lines().map(str::to_owned).collect()
    }

    /// What the nodes that ask sources must know of records, in order.
    pub(crate) fn needs(&self) -> Vec<String> {
        let Some(compile::Compiled { plan, .. }) = &self.compilation.compiled else { return Vec::new() };
        let text = plan::show::plan(plan, Catalog::builtin());
        text.lines().filter_map(|line| line.strip_prefix("     needs ")).map(str::to_owned).collect()
    }

    /// The nodes, a line each, without what they carry.
    pub(crate) fn nodes(&self) -> Vec<String> {
        let nodes = self.lines().into_iter().filter(|line| line.starts_with('n') && line.contains(" → "));
        nodes.map(|line| line.split(" with ").next().unwrap_or_default().to_owned()).collect()
    }

    /// What a node carries.
    pub(crate) fn carried(&self, node: usize) -> String {
        let line = self.lines().into_iter().nth(node).unwrap_or_default();
        line.split_once(" with ").map_or_else(String::new, |(_, columns)| columns.to_owned())
    }

    /// The last line: what the last output is, or the figures of the last variable.
    pub(crate) fn last(&self) -> String {
        self.lines().pop().unwrap_or_default()
    }
}

/// Asserts that a schema in `docs/schemas/` is what the type says. `HUNTC_WRITE_SCHEMAS=1` writes it.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "a test, which writes what it then compares")]
pub(crate) fn assert_schema<T: schemars::JsonSchema>(name: &str, title: &str) {
    let mut schema =
        schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/schemas/{name}.schema.json"));
    if std::env::var_os("HUNTC_WRITE_SCHEMAS").is_some() {
        let _ = std::fs::write(&path, &text);
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, text, "`HUNTC_WRITE_SCHEMAS=1 cargo test --workspace --lib the_schema` writes it");
}
