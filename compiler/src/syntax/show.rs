//! Tokens and trees for `--emit tokens` and `--emit ast`: one thing a line, with its place.

use super::ast::{Command, Count, Expression, Observation, Pattern, Program, Statement, TimeSpan};
use super::lexer::lex;
use super::token::Keyword;
use super::{print, strings};
use crate::commands::group::{Aggregate, Group, Key};
use crate::commands::new::Rows;
use crate::source::{SourceId, SourceSet, Span};
use std::fmt::Write as _;

/// The tokens of a source: place, kind, text.
pub fn tokens(sources: &SourceSet, id: SourceId) -> String {
    let lexed = lex(id, &sources.get(id).text);
    let mut out = String::new();
    for token in &lexed.tokens {
        let kind = match token.keyword.filter(|k| k.reserved()) {
            Some(keyword) => format!("Keyword({})", keyword.word()),
            None => format!("{:?}", token.kind),
        };
        let _ = writeln!(out, "{:<12} {kind:<20} {}", format!("{:?}", token.span), strings::visible(token.text));
    }
    out
}

/// A program as a tree.
pub fn ast(program: &Program) -> String {
    let mut tree = Tree { out: String::new(), depth: 0 };
    for one in &program.statements {
        statement(one, &mut tree);
    }
    tree.out
}

/// Lines with indents.
struct Tree {
    out: String,
    depth: usize,
}

impl Tree {
    fn line(&mut self, text: &str, span: Option<Span>) {
        let indent = "  ".repeat(self.depth);
        let _ = match span {
            Some(span) => writeln!(self.out, "{indent}{text} @{span:?}"),
            None => writeln!(self.out, "{indent}{text}"),
        };
    }

    fn inside(&mut self, fill: impl FnOnce(&mut Self)) {
        self.depth += 1;
        fill(self);
        self.depth -= 1;
    }

    /// A labelled part, written by its printer.
    fn part<T>(&mut self, label: &str, part: &T, span: Span, write: impl Fn(&T, &mut String)) {
        let mut text = format!("{label} ");
        write(part, &mut text);
        self.line(&text, Some(span));
    }
}

fn statement(statement: &Statement, tree: &mut Tree) {
    let target = statement.target.as_ref().map_or(String::new(), |t| format!(" {}", t.text));
    tree.line(&format!("statement{target}"), Some(statement.span));
    tree.inside(|tree| command(&statement.command, tree));
}

/// The word of a command.
fn word(command: &Command) -> &'static str {
    match command {
        Command::Get(_) => Keyword::Get.word(),
        Command::Find(_) => Keyword::Find.word(),
        Command::New(_) => Keyword::New.word(),
        Command::Load(_) => Keyword::Load.word(),
        Command::Sort(_) => Keyword::Sort.word(),
        Command::Group(_) => Keyword::Group.word(),
        Command::Join(_) => Keyword::Join.word(),
        Command::Merge(_) => "merge",
        Command::Assign(_) => "expression",
        Command::Disp(_) => Keyword::Disp.word(),
        Command::Info(_) => Keyword::Info.word(),
        Command::Describe(_) => Keyword::Describe.word(),
        Command::Save(_) => Keyword::Save.word(),
        Command::Apply(_) => Keyword::Apply.word(),
        Command::Explain(_) => Keyword::Explain.word(),
        Command::Error => "error",
    }
}

fn command(command: &Command, tree: &mut Tree) {
    tree.line(word(command), None);
    tree.inside(|tree| match command {
        Command::Get(get) => {
            tree.part("type", &get.entity, get.entity.span, print::ident);
            get.from.iter().for_each(|p| tree.part("from", p, p.span, print::path));
            rest(get.pattern.as_ref(), get.span.as_ref(), get.limit.as_ref(), tree);
        }
        Command::Find(find) => {
            tree.part("type", &find.entity, find.entity.span, print::ident);
            let label = if find.by.is_some() { "relation (by)" } else { "relation" };
            tree.part(label, &find.relation, find.relation.span, print::ident);
            tree.part("variable", &find.variable, find.variable.span, print::ident);
            if let Some(depth) = find.depth {
                let steps = depth.steps.map_or("*".to_owned(), |s| s.to_string());
                tree.line(&format!("depth {steps}"), Some(depth.span));
            }
            rest(find.filter.as_ref(), find.span.as_ref(), find.limit.as_ref(), tree);
        }
        Command::New(new) => {
            new.entity.iter().for_each(|e| tree.part("type", e, e.span, print::ident));
            tree.line("rows", Some(new.span));
            tree.inside(|tree| rows(&new.rows, tree));
        }
        Command::Load(load) => {
            tree.part("path", &load.path, load.path.span, print::path);
            load.entity.iter().for_each(|e| tree.part("type", e, e.span, print::ident));
        }
        Command::Sort(sort) => {
            tree.part("variable", &sort.variable, sort.variable.span, print::ident);
            tree.part("by", &sort.by, sort.by.attribute.span, print::sort_by);
        }
        Command::Group(group) => self::group(group, tree),
        Command::Join(join) => {
            for variable in [&join.left, &join.right] {
                tree.part("variable", variable, variable.span, print::ident);
            }
            for attribute in join.by.iter().flat_map(|(left, right)| [left, right]) {
                tree.part("by", attribute, attribute.span, print::attribute);
            }
        }
        Command::Merge(merge) => merge.variables.iter().for_each(|v| tree.part("variable", v, v.span, print::ident)),
        Command::Assign(expression) => self::expression(expression, tree),
        Command::Disp(disp) => expression(&disp.expression, tree),
        Command::Info(info) => tree.part("variable", &info.variable, info.variable.span, print::ident),
        Command::Explain(explain) => tree.part("variable", &explain.variable, explain.variable.span, print::ident),
        Command::Describe(describe) => {
            tree.part("variable", &describe.variable, describe.variable.span, print::ident);
            tree.part("attribute", &describe.attribute, describe.attribute.span, print::attribute);
        }
        Command::Save(save) => {
            tree.part("variable", &save.variable, save.variable.span, print::ident);
            tree.part("path", &save.path, save.path.span, print::path);
        }
        Command::Apply(apply) => {
            tree.part("analytic", &apply.analytic, apply.analytic.span, print::path);
            apply.variables.iter().for_each(|v| tree.part("variable", v, v.span, print::ident));
            for (name, value) in &apply.arguments {
                tree.part(&format!("argument {} =", name.text), value, name.span, print::operand);
            }
        }
        Command::Error => {}
    });
}

/// The clauses that GET and FIND share.
fn rest(filter: Option<&Observation>, time: Option<&TimeSpan>, limit: Option<&Count>, tree: &mut Tree) {
    if let Some(filter) = filter {
        observed("where", filter, tree);
    }
    if let Some(time @ (TimeSpan::Between { span, .. } | TimeSpan::Last { span, .. })) = time {
        tree.part("time", time, *span, print::time);
    }
    if let Some(limit) = limit {
        tree.part("limit", limit, limit.span, print::count);
    }
}

fn rows(rows: &Rows, tree: &mut Tree) {
    match rows {
        Rows::Names(names) => names.iter().for_each(|n| tree.part("name", n, n.span, print::literal)),
        Rows::Objects(rows) => {
            for fields in rows {
                tree.line("object", None);
                tree.inside(|tree| {
                    for field in fields {
                        tree.part(&strings::quote_json(&field.key.text), &field.value, field.key.span, |value, out| match value {
                            Some(literal) => print::literal(literal, out),
                            None => out.push_str("null"),
                        });
                    }
                });
            }
        }
        Rows::Error => tree.line("error", None),
    }
}

fn group(group: &Group, tree: &mut Tree) {
    tree.part("variable", &group.variable, group.variable.span, print::ident);
    for key in &group.keys {
        let (Key::Attr(super::ast::AttrPath { span, .. }) | Key::Bin { span, .. }) = key;
        tree.part("key", key, *span, Key::print);
    }
    group.aggregates.iter().flatten().for_each(|a| tree.part("aggregate", a, a.span, Aggregate::print));
}

fn expression(expression: &Expression, tree: &mut Tree) {
    let label = expression.transformer.map_or("variable".to_owned(), |t| format!("variable ({})", t.word()));
    tree.part(&label, &expression.variable, expression.variable.span, print::ident);
    expression.filter.iter().for_each(|f| observed("where", f, tree));
    expression.attributes.iter().flatten().for_each(|a| tree.part("attribute", a, a.span, print::attribute));
    expression.sort.iter().for_each(|s| tree.part("sort", s, s.attribute.span, print::sort_by));
    expression.limit.iter().for_each(|l| tree.part("limit", l, l.span, print::count));
    expression.offset.iter().for_each(|o| tree.part("offset", o, o.span, print::count));
}

/// A labelled observation.
fn observed(label: &str, observation: &Observation, tree: &mut Tree) {
    tree.line(label, None);
    tree.inside(|tree| self::observation(observation, tree));
}

fn observation(observation: &Observation, tree: &mut Tree) {
    let (word, parts, span) = match observation {
        Observation::One { pattern: one, bracketed: false } => return pattern(one, tree),
        Observation::One { pattern: one, bracketed: true } => {
            tree.line("bracketed", None);
            return tree.inside(|tree| pattern(one, tree));
        }
        Observation::Qualified(part, qualifier, span) => {
            tree.line(&format!("qualified {qualifier:?}"), Some(*span));
            return tree.inside(|tree| self::observation(part, tree));
        }
        Observation::And(parts, span) => ("all observed", parts, span),
        Observation::Or(parts, span) => ("one observed", parts, span),
        Observation::FollowedBy(parts, span) => ("followed by", parts, span),
    };
    tree.line(word, Some(*span));
    tree.inside(|tree| parts.iter().for_each(|p| self::observation(p, tree)));
}

fn pattern(pattern: &Pattern, tree: &mut Tree) {
    let (word, parts, span) = match pattern {
        Pattern::Compare(one) => return tree.part("compare", pattern, one.span, print::pattern),
        Pattern::Error(span) => return tree.line("error", Some(*span)),
        Pattern::And(parts, span) => ("and", parts, span),
        Pattern::Or(parts, span) => ("or", parts, span),
    };
    tree.line(word, Some(*span));
    tree.inside(|tree| parts.iter().for_each(|p| self::pattern(p, tree)));
}
