//! Names, types, windows, demand: syntax tree to [`hir`], the typed form that the plan is built from.

pub mod hir;

mod alias;
mod attribute;
mod columns;
mod context;
mod lint;
mod literal;
mod operand;
mod predicate;
mod scope;
pub mod show;
mod source;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use attribute::Found;
pub(crate) use columns::ColumnInfo;
pub(crate) use context::{Checked, Checker, Draft};
pub(crate) use operand::{article, kind};
pub(crate) use predicate::{Ground, observed_references, references};
pub(crate) use source::{Origin, file_format};

use crate::catalog::Catalog;
use crate::diag::Sink;
use crate::options::Options;
use crate::source::SourceSet;
use crate::syntax::ast::{Command, Expression, Program};
use hir::Hunt;

/// Checks a huntflow. None iff an error was reported, here or by the parser before.
pub fn check(program: &Program, sources: &SourceSet, catalog: &Catalog, options: &Options, sink: &mut Sink) -> Option<Hunt> {
    let mut cx = Checker::new(program, sources, catalog, options, sink);
    for (index, statement) in program.statements.iter().enumerate() {
        cx.begin(index, statement);
        let result = one(&statement.command, &mut cx);
        cx.end(&statement.command, result);
    }
    cx.finish()
}

/// Checks one statement. Each command's file has its rules.
fn one(command: &Command, cx: &mut Checker<'_>) -> Checked {
    match command {
        Command::Get(get) => get.check(cx),
        Command::Find(find) => find.check(cx),
        Command::New(new) => new.check(cx),
        Command::Load(load) => load.check(cx),
        Command::Sort(sort) => sort.check(cx),
        Command::Group(group) => group.check(cx),
        Command::Join(join) => join.check(cx),
        Command::Merge(merge) => merge.check(cx),
        Command::Assign(expression) => assign(expression, cx),
        Command::Disp(disp) => disp.check(cx),
        Command::Info(info) => info.check(cx),
        Command::Describe(describe) => describe.check(cx),
        Command::Save(save) => save.check(cx),
        Command::Apply(apply) => apply.check(cx),
        Command::Explain(explain) => explain.check(cx),
        Command::Error => Err(cx.told()),
    }
}

/// `x = v WHERE … ATTR … SORT BY … LIMIT …`
fn assign(expression: &Expression, cx: &mut Checker<'_>) -> Checked {
    let (typed, draft) = cx.expression(expression, "an assignment")?;
    let out = cx.bind(Draft { born: "assign", ..draft });
    let typed = typed?;
    cx.step(hir::StepKind::Assign { out, expression: typed });
    Ok(())
}
