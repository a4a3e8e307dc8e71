//! All passes in a row: text to plan and requests.

mod emit;
mod finding;

pub use finding::hiding;

pub use emit::{Stage, emit};

use crate::backend::elastic::lower;
use crate::catalog::Catalog;
use crate::check::hir::Hunt;
use crate::diag::{Diagnostic, Severity, Sink};
use crate::front_matter::{self, FrontMatter};
use crate::options::Options;
use crate::parameter::{Fill, Parameter, Parameters};
use crate::plan::{Node, NodeId, Plan};
use crate::program::{self, Program};
use crate::request::{RequestTemplate, Requests};
use crate::source::{SourceId, SourceSet};

/// What one huntflow compiles to.
#[derive(Debug)]
pub struct Compilation {
    /// The syntax tree, with `Error` nodes where the text could not be read, and values where parameters stood.
    pub program: Program,
    /// What the leading comment says about the hunt as a nightly one.
    pub front_matter: FrontMatter,
    /// The parameters that it was compiled with.
    pub parameters: Vec<Parameter>,
    /// What there is to run; `None` where errors were reported.
    pub compiled: Option<Compiled>,
    /// For each condition of [`Options::finding`], in that order, what is to be said of it. With an error it hides nothing.
    pub conditions: Vec<Vec<Diagnostic>>,
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
}

impl Compiled {
    /// The requests of the plan's nodes, by the catalog that the hunt was compiled with. They are made on demand: whoever only
    /// checks a hunt does without.
    pub fn requests(&self, catalog: &Catalog) -> Requests {
        lower::requests(&self.plan, catalog)
    }

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
    let mut program = program::parse(sources, id, &mut sink);
    let mut parameters = Parameters::read(sources, id, &options.parameters, &mut sink);
    program::fill(&mut program, &mut Fill { parameters: &mut parameters, sink: &mut sink });
    parameters.tell_of_unused(&mut sink);
    let hunt = program::check(&program, sources, catalog, options, &mut sink);
    let front_matter = front_matter::read(sources, id, &mut sink);
    if let Some(hunt) = &hunt {
        front_matter.check(hunt, &mut sink);
    }
    let facts = hunt.as_ref().and_then(|hunt| finding::facts(&front_matter, hunt, catalog, &mut sink));
    let hunt = hunt.filter(|_| !sink.has_errors());
    let mut conditions = Vec::new();
    let compiled = hunt.map(|hunt| {
        let finding = facts.filter(|_| options.finding.is_some()).map(|mut facts| {
            let hiding = finding::Hiding { program: &program, sources, catalog, options };
            for id in options.finding.iter().flatten() {
                let name = hunt.vars.get(facts.var.0 as usize).map_or("", |var| &var.name);
                let (predicate, told) = hiding.check(*id, name, facts.var);
                facts.hiding.push((*id, predicate));
                conditions.push(told);
            }
            facts
        });
        let plan = program::lower(&hunt, finding, catalog, options);
        Compiled { hunt, plan }
    });
    let mut diagnostics = sink.finish();
    parameters.explain(&mut diagnostics);
    Compilation { program, front_matter, parameters: parameters.values(), compiled, conditions, diagnostics }
}
