//! `APPLY analytic ON v WITH k=value`: an external command or a look-up table over a variable's rows.

use crate::check::hir::{self, Attr, Column, Operand, Shape, VarId};
use crate::check::{ANALYTICS, Checked, Checker, ColumnInfo, Draft};
use crate::diag::Reported;
use crate::plan::{Full, Lowering, NodeId, Op, OutputKind};
use crate::syntax::ast::{self, Ident, LiteralKind, Path};
use crate::syntax::clause::clauses;
use crate::syntax::errors::fault::{Expect, Tokens};
use crate::syntax::errors::names;
use crate::syntax::grammar::{
    Extra, Input, P, Stop, command_keyword, expected, ident, keyword, list, look, path, report, required, variable,
};
use crate::syntax::print;
use crate::syntax::token::{Flags, Keyword, Kind};
use crate::syntax::walk::{self, Walk};
use crate::syntax::{Parts, words};
use crate::value::Value;
use chumsky::Parser;
use chumsky::primitive::custom;

/// The syntax of APPLY.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Apply {
    /// `docker://name`, `exec://name`, `lookup://name`, `python://name`, or a bare name.
    pub analytic: Path,
    pub variables: Vec<Ident>,
    pub arguments: Vec<(Ident, ast::Operands)>,
}

/// The scheme of an analytic without one.
const DEFAULT_SCHEME: &str = "python";

impl Apply {
    /// Checks the arguments and the variables, each of which gets the outputs that the configuration declares. Without a
    /// declaration they are known only at run time.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let text = &self.analytic.text;
        let scheme = cx.scheme(&self.analytic, text, ANALYTICS);
        let analytic = if text.contains("://") { text.clone() } else { format!("{DEFAULT_SCHEME}://{text}") };
        let arguments: Vec<_> = self.arguments.iter().map(|(key, operand)| argument(cx, key, operand)).collect();
        let inputs: Vec<_> = self.variables.iter().map(|name| cx.resolve(name)).collect();
        let inputs: Vec<VarId> = inputs.into_iter().collect::<Result<_, _>>()?;
        let profile = cx.options.analytics.iter().find(|a| a.uri.eq_ignore_ascii_case(&analytic));
        let outputs = profile.and_then(|p| p.outputs.clone());
        let mut outs = Vec::with_capacity(inputs.len());
        for id in &inputs {
            let mut draft = cx.inherit(*id, cx.var(*id).born);
            // The variable is updated in place, so its parents stay what they were.
            draft.parents.clone_from(&cx.var(*id).parents);
            extend(cx, &mut draft, outputs.as_deref());
            let out = cx.update(*id, draft);
            cx.enriched(*id, out, outputs.is_none());
            outs.push(out);
        }
        let arguments = arguments.into_iter().collect::<Result<_, _>>()?;
        scheme?;
        cx.step(hir::ApplyStep { analytic, inputs, outs, arguments });
        Ok(())
    }
}

/// Adds the outputs of an analytic to a draft. An output that the type has already is updated in place.
fn extend(cx: &Checker<'_>, draft: &mut Draft, outputs: Option<&[String]>) {
    let entity = draft.shape.entity();
    let (Shape::Entities { open, .. } | Shape::Groups { open, .. }) = &mut draft.shape;
    let Some(outputs) = outputs else {
        *open = true;
        return;
    };
    if let Shape::Groups { columns, .. } = &mut draft.shape {
        for name in outputs.iter().filter(|name| !columns.contains(*name)).cloned().collect::<Vec<_>>() {
            columns.push(name.clone());
            draft.columns.push(ColumnInfo { name, ty: None });
        }
        return;
    }
    let Shape::Entities { kept, added, .. } = &mut draft.shape else { return };
    for name in outputs {
        let shown = cx.catalog.shown_fields.iter().any(|shown| shown.field.name == *name);
        let own = shown || cx.catalog.get(entity).attribute(name).is_some();
        if own || added.contains(name) {
            continue;
        }
        added.push(name.clone());
        draft.columns.push(ColumnInfo { name: name.clone(), ty: None });
        if let Some(kept) = kept {
            kept.push(Column { header: name.clone(), attr: Attr::Added(name.clone()) });
        }
    }
}

/// `key=value`: text, numbers, references, or a list of these.
fn argument(cx: &mut Checker<'_>, key: &Ident, operand: &ast::Operands) -> Result<(String, Vec<Operand>), Reported> {
    let literals = match operand {
        ast::Operands::One(literal) => std::slice::from_ref(literal),
        ast::Operands::List(literals, _) => literals,
    };
    let mut values = Vec::with_capacity(literals.len());
    for literal in literals {
        values.push(match &literal.kind {
            LiteralKind::Text(text) | LiteralKind::Word(text) => Operand::Value(Value::text(text.as_str())),
            LiteralKind::Int(int) => Operand::Value(Value::Int(*int)),
            LiteralKind::Float(float) => Operand::Value(Value::Float(*float)),
            LiteralKind::Time(time) => Operand::Value(Value::Time(*time)),
            LiteralKind::Reference(reference) => {
                let (variable, found) = cx.reference(reference, literal.span)?;
                Operand::Reference(variable, found.attr)
            }
            LiteralKind::Parameter(_) | LiteralKind::Error => return Err(cx.told()),
        });
    }
    Ok((key.text.clone(), values))
}

/// `APPLY analytic ON v, … [WITH key=value, …]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Apply>> {
    let head = path(Expect::Analytic, false).then_ignore(keyword(Keyword::On)).then(list(variable(), Stop::List));
    let arguments = list(argument_name().then(parts.operand.clone()), Stop::List);
    let with = keyword(Keyword::With).ignore_then(arguments).or_not();
    command_keyword(Keyword::Apply)
        .ignore_then(required(head, Stop::Clause))
        .then(with)
        .then_ignore(clauses(&parts.clause, "APPLY", &[]))
        .map(|(head, with)| match (head, with) {
            (Some((analytic, Some(variables))), None) => Some(Apply { analytic, variables, arguments: Vec::new() }),
            (Some((analytic, Some(variables))), Some(Some(arguments))) => Some(Apply { analytic, variables, arguments }),
            _ => None,
        })
        .boxed()
}

impl Apply {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("APPLY ");
        print::path(&self.analytic, out);
        out.push_str(" ON ");
        print::list(&self.variables, out, print::ident);
        let arguments = (!self.arguments.is_empty()).then_some(&self.arguments);
        print::clause("WITH", arguments, out, |arguments, out| {
            print::list(arguments, out, |(key, value), out| {
                print::ident(key, out);
                out.push('=');
                print::operand(value, out);
            });
        });
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.path(&mut self.analytic);
        self.variables.iter_mut().for_each(|v| walk.ident(v));
        for (name, value) in &mut self.arguments {
            walk.argument(name);
            walk::operand(value, walk);
        }
    }
}

/// `key =`. Elsewhere a name before `=` is the target of a statement, here it is an argument.
fn argument_name<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let assigned = look(input, 1).is_some_and(|t| t.kind == Kind::Eq);
        let Some(token) = look(input, 0).filter(|t| t.kind == Kind::Word && !t.has(Flags::STRONG)) else {
            return Err(expected(input, Expect::Argument));
        };
        input.skip();
        if !assigned {
            return Err(expected(input, Expect::Equals));
        }
        if !words::is_dashed(token.text) {
            report(input, names::bad_name(token, Expect::Argument));
        }
        input.skip();
        Ok(ident(token))
    })
}

impl hir::ApplyStep {
    /// The analytic answers once about the full tables of all variables; each variable takes its part of the answer.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        let tables: Vec<NodeId> = self.inputs.iter().map(|v| cx.full(*v)).collect();
        let references: Vec<VarId> = self.arguments.iter().flat_map(|(_, v)| v).filter_map(Operand::variable).collect();
        let op = Op::Apply { analytic: self.analytic.clone(), arguments: self.arguments.clone() };
        let answers = cx.node_with(op, None, tables.clone(), references);
        for (number, ((input, out), table)) in self.inputs.iter().zip(&self.outs).zip(tables).enumerate() {
            let node = cx.node(Op::Pick(number), cx.entity(*out), vec![table, answers]);
            cx.bind(*out, &[*input], node, Full::Raw);
            cx.output(*out, Some(node), OutputKind::Apply);
        }
    }
}
