//! All passes in a row: text to plan and requests.

mod emit;

pub use emit::{Stage, emit};

use crate::backend::elastic::lower;
use crate::catalog::Catalog;
use crate::check::hir::Hunt;
use crate::diag::{Diagnostic, Severity, Sink};
use crate::front_matter::{self, FrontMatter};
use crate::options::Options;
use crate::plan::{Node, NodeId, Plan};
use crate::program::{self, Program};
use crate::request::{RequestTemplate, Requests};
use crate::source::{SourceId, SourceSet};

/// What one huntflow compiles to.
#[derive(Debug)]
pub struct Compilation {
    /// The syntax tree, with `Error` nodes where the text could not be read.
    pub program: Program,
    /// What the leading comment says about the hunt as a nightly one.
    pub front_matter: FrontMatter,
    /// What there is to run; `None` where errors were reported.
    pub compiled: Option<Compiled>,
    /// Sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// A hunt that can run.
#[derive(Debug)]
pub struct Compiled {
    /// The checked form of the program.
    pub hunt: Hunt,
    /// What is computed from what.
    pub plan: Plan,
    /// The requests of the plan's nodes.
    pub requests: Requests,
}

impl Compiled {
    /// The request that `node` would need in the place of the plan's node `id`, for explanations.
    pub fn request_of(&self, catalog: &Catalog, id: NodeId, node: &Node) -> Option<RequestTemplate> {
        lower::request_of(&self.plan, catalog, id, node)
    }
}

impl Compilation {
    /// Whether there were errors.
    pub fn failed(&self) -> bool {
        self.compiled.is_none() || self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// Compiles one text. Nothing is read or sent; the same inputs give the same result.
pub fn compile(sources: &SourceSet, id: SourceId, catalog: &Catalog, options: &Options) -> Compilation {
    let mut sink = Sink::new(options.lints.clone());
    let program = program::parse(sources, id, &mut sink);
    let hunt = program::check(&program, sources, catalog, options, &mut sink);
    let front_matter = front_matter::read(sources, id, &mut sink);
    if let Some(hunt) = &hunt {
        front_matter.check(hunt, &mut sink);
    }
    let compiled = hunt.filter(|_| !sink.has_errors()).map(|hunt| {
        let plan = program::lower(&hunt, catalog, options);
        let requests = lower::requests(&plan, catalog);
        Compiled { hunt, plan, requests }
    });
    Compilation { program, front_matter, compiled, diagnostics: sink.finish() }
}
