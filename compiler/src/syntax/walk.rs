//! A walk over every named thing and every place of a syntax tree.

use super::ast::{
    AttrPath, Command, Count, Expression, Ident, Literal, LiteralKind, Observation, Operand, Path, Pattern, Program, SortBy,
    Statement, TimeSpan,
};
use crate::commands::group::Key;
use crate::commands::new::Rows;
use crate::source::Span;

/// What to do at each thing; by default, its places are visited.
pub(crate) trait Walk {
    /// Any place.
    fn span(&mut self, _: &mut Span) {}

    /// A variable, type, alias, key.
    fn ident(&mut self, ident: &mut Ident) {
        self.span(&mut ident.span);
    }

    /// A relation word.
    fn relation(&mut self, relation: &mut Ident) {
        self.ident(relation);
    }

    /// An attribute.
    fn attribute(&mut self, attribute: &mut AttrPath) {
        if let Some(entity) = &mut attribute.entity {
            self.span(&mut entity.span);
        }
        self.span(&mut attribute.span);
    }

    /// A path.
    fn path(&mut self, path: &mut Path) {
        self.span(&mut path.span);
    }

    /// A literal.
    fn literal(&mut self, literal: &mut Literal) {
        if let LiteralKind::Reference(reference) = &mut literal.kind {
            self.ident(&mut reference.variable);
            self.attribute(&mut reference.attribute);
        }
        self.span(&mut literal.span);
    }

    /// The two names of DESCRIBE.
    fn described(&mut self, variable: &mut Ident, attribute: &mut AttrPath) {
        self.ident(variable);
        self.attribute(attribute);
    }
}

/// Walks a program.
pub(crate) fn program(program: &mut Program, walk: &mut impl Walk) {
    for one in &mut program.statements {
        statement(one, walk);
    }
}

/// Walks a statement.
pub(crate) fn statement(statement: &mut Statement, walk: &mut impl Walk) {
    if let Some(target) = &mut statement.target {
        walk.ident(target);
    }
    command(&mut statement.command, walk);
    walk.span(&mut statement.span);
}

fn command(command: &mut Command, walk: &mut impl Walk) {
    match command {
        Command::Get(get) => {
            walk.ident(&mut get.entity);
            get.from.iter_mut().for_each(|p| walk.path(p));
            rest(&mut get.pattern, &mut get.span, &mut get.limit, walk);
        }
        Command::Find(find) => {
            walk.ident(&mut find.entity);
            walk.relation(&mut find.relation);
            find.by.iter_mut().for_each(|s| walk.span(s));
            walk.ident(&mut find.variable);
            find.depth.iter_mut().for_each(|d| walk.span(&mut d.span));
            rest(&mut find.filter, &mut find.span, &mut find.limit, walk);
        }
        Command::New(new) => {
            new.entity.iter_mut().for_each(|e| walk.ident(e));
            rows(&mut new.rows, walk);
            walk.span(&mut new.span);
        }
        Command::Load(load) => {
            walk.path(&mut load.path);
            load.entity.iter_mut().for_each(|e| walk.ident(e));
        }
        Command::Sort(sort) => {
            walk.ident(&mut sort.variable);
            sort_by(&mut sort.by, walk);
        }
        Command::Join(join) => {
            walk.ident(&mut join.left);
            walk.ident(&mut join.right);
            if let Some((left, right)) = &mut join.by {
                walk.attribute(left);
                walk.attribute(right);
            }
        }
        Command::Group(group) => {
            walk.ident(&mut group.variable);
            group.keys.iter_mut().for_each(|k| key(k, walk));
            for aggregate in group.aggregates.iter_mut().flatten() {
                walk.attribute(&mut aggregate.attribute);
                aggregate.alias.iter_mut().for_each(|a| walk.ident(a));
                walk.span(&mut aggregate.span);
            }
        }
        Command::Merge(merge) => merge.variables.iter_mut().for_each(|v| walk.ident(v)),
        Command::Assign(expression) => self::expression(expression, walk),
        Command::Disp(disp) => expression(&mut disp.expression, walk),
        Command::Info(info) => walk.ident(&mut info.variable),
        Command::Explain(explain) => walk.ident(&mut explain.variable),
        Command::Describe(describe) => walk.described(&mut describe.variable, &mut describe.attribute),
        Command::Save(save) => {
            walk.ident(&mut save.variable);
            walk.path(&mut save.path);
        }
        Command::Apply(apply) => {
            walk.path(&mut apply.analytic);
            apply.variables.iter_mut().for_each(|v| walk.ident(v));
            for (name, value) in &mut apply.arguments {
                walk.ident(name);
                operand(value, walk);
            }
        }
        Command::Error => {}
    }
}

/// The clauses that GET and FIND share.
fn rest(filter: &mut Option<Observation>, span: &mut Option<TimeSpan>, limit: &mut Option<Count>, walk: &mut impl Walk) {
    if let Some(filter) = filter {
        observation(filter, walk);
    }
    if let Some(TimeSpan::Between { span, .. } | TimeSpan::Last { span, .. }) = span {
        walk.span(span);
    }
    if let Some(limit) = limit {
        walk.span(&mut limit.span);
    }
}

fn rows(rows: &mut Rows, walk: &mut impl Walk) {
    match rows {
        Rows::Names(names) => names.iter_mut().for_each(|n| walk.literal(n)),
        Rows::Objects(rows) => {
            for field in rows.iter_mut().flatten() {
                walk.ident(&mut field.key);
                field.value.iter_mut().for_each(|v| walk.literal(v));
            }
        }
        Rows::Error => {}
    }
}

fn key(key: &mut Key, walk: &mut impl Walk) {
    match key {
        Key::Attr(attribute) => walk.attribute(attribute),
        Key::Bin { attribute, span, .. } => {
            walk.attribute(attribute);
            walk.span(span);
        }
    }
}

fn sort_by(by: &mut SortBy, walk: &mut impl Walk) {
    walk.attribute(&mut by.attribute);
}

fn expression(expression: &mut Expression, walk: &mut impl Walk) {
    walk.ident(&mut expression.variable);
    expression.filter.iter_mut().for_each(|f| observation(f, walk));
    expression.attributes.iter_mut().flatten().for_each(|a| walk.attribute(a));
    expression.sort.iter_mut().for_each(|s| sort_by(s, walk));
    expression.limit.iter_mut().for_each(|l| walk.span(&mut l.span));
    expression.offset.iter_mut().for_each(|o| walk.span(&mut o.span));
}

fn observation(observation: &mut Observation, walk: &mut impl Walk) {
    match observation {
        Observation::One { pattern: one, .. } => pattern(one, walk),
        Observation::And(parts, span) | Observation::Or(parts, span) | Observation::FollowedBy(parts, span) => {
            for part in parts {
                self::observation(part, walk);
            }
            walk.span(span);
        }
        Observation::Qualified(part, _, span) => {
            self::observation(part, walk);
            walk.span(span);
        }
    }
}

fn pattern(pattern: &mut Pattern, walk: &mut impl Walk) {
    match pattern {
        Pattern::And(parts, span) | Pattern::Or(parts, span) => {
            for part in parts {
                self::pattern(part, walk);
            }
            walk.span(span);
        }
        Pattern::Compare(one) => {
            walk.attribute(&mut one.attribute);
            walk.span(&mut one.operator_span);
            one.operand.iter_mut().for_each(|o| operand(o, walk));
            walk.span(&mut one.span);
        }
        Pattern::Error(span) => walk.span(span),
    }
}

fn operand(operand: &mut Operand, walk: &mut impl Walk) {
    match operand {
        Operand::One(one) => walk.literal(one),
        Operand::List(items, span) => {
            for item in items {
                walk.literal(item);
            }
            walk.span(span);
        }
    }
}

/// Sets every place to the same, and relation words to upper case: what is left is what the text says.
pub(crate) struct Erase;

impl Walk for Erase {
    fn span(&mut self, span: &mut Span) {
        (span.start, span.end) = (0, 0);
    }

    fn relation(&mut self, relation: &mut Ident) {
        relation.text.make_ascii_uppercase();
        self.ident(relation);
    }
}
