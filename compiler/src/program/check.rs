//! Checks a huntflow, statement by statement.

use super::{Command, Program, Statement};
use crate::catalog::Catalog;
use crate::check::hir::Hunt;
use crate::check::{Checker, Heading, Outline};
use crate::diag::Sink;
use crate::options::Options;
use crate::source::SourceSet;

/// Checks a huntflow. `None` exactly where an error was reported, by the check or before it by the parser.
pub fn check(program: &Program, sources: &SourceSet, catalog: &Catalog, options: &Options, sink: &mut Sink) -> Option<Hunt> {
    let outline = Outline { statements: program.statements.iter().map(heading).collect() };
    let mut cx = Checker::new(&outline, sources, catalog, options, sink);
    for (index, statement) in program.statements.iter().enumerate() {
        cx.begin(index);
        let result = statement.command.check(&mut cx);
        cx.end(result);
    }
    cx.finish()
}

fn heading(statement: &Statement) -> Heading<'_> {
    let takes = match &statement.command {
        Command::Get(get) => get.from.as_ref().map(|from| (get.entity.text.as_str(), from.text.as_str())),
        _ => None,
    };
    Heading {
        target: statement.target.as_ref(),
        span: statement.span,
        yields: statement.command.yields(),
        updates: matches!(statement.command, Command::Apply(_) | Command::Error),
        broken: statement.command == Command::Error,
        takes,
    }
}
