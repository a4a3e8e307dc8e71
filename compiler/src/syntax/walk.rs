//! A walk over every named thing and every place of a syntax tree. The nodes of commands walk in their slices.

use super::ast::{
    AttrPath, Count, Expression, FunctionCall, Ident, Length, Literal, LiteralKind, Moment, Observation, Operands, Path, Pattern,
    Qualifier, SortBy, TimeSpan,
};
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

    fn attribute(&mut self, attribute: &mut AttrPath) {
        if let Some(entity) = &mut attribute.entity {
            self.span(&mut entity.span);
        }
        self.span(&mut attribute.span);
    }

    fn path(&mut self, path: &mut Path) {
        self.span(&mut path.span);
    }

    /// The data sources of FROM.
    fn sources(&mut self, path: &mut Path) {
        self.path(path);
    }

    fn moment(&mut self, moment: &mut Moment) {
        if let Some(parameter) = &mut moment.parameter {
            self.ident(parameter);
        }
    }

    fn length(&mut self, length: &mut Length) {
        if let Some((parameter, _)) = &mut length.parameter {
            self.ident(parameter);
        }
        self.span(&mut length.span);
    }

    fn count(&mut self, count: &mut Count) {
        if let Some(parameter) = &mut count.parameter {
            self.ident(parameter);
        }
        self.span(&mut count.span);
    }

    /// The right side of a comparison, or the value of an argument, before its literals.
    fn operands(&mut self, _: &mut Operands) {}

    fn literal(&mut self, literal: &mut Literal) {
        if let LiteralKind::Reference(reference) = &mut literal.kind {
            self.ident(&mut reference.variable);
            self.attribute(&mut reference.attribute);
        }
        self.span(&mut literal.span);
    }

    /// A variable and its attribute as one word: `v.attr`.
    fn dotted(&mut self, variable: &mut Ident, attribute: &mut AttrPath) {
        self.ident(variable);
        self.attribute(attribute);
    }

    /// The name of an argument, which touches the `=` after it.
    fn argument(&mut self, name: &mut Ident) {
        self.ident(name);
    }

    /// A part that is written in JSON.
    fn json(&mut self, span: &mut Span) {
        self.span(span);
    }
}

/// The clauses that GET and FIND share.
pub(crate) fn rest(filter: &mut Option<Observation>, span: &mut Option<TimeSpan>, limit: &mut Option<Count>, walk: &mut impl Walk) {
    if let Some(filter) = filter {
        observation(filter, walk);
    }
    match span {
        Some(TimeSpan::Between { start, stop, span }) => {
            walk.moment(start);
            walk.moment(stop);
            walk.span(span);
        }
        Some(TimeSpan::Last(length)) => walk.length(length),
        None => {}
    }
    if let Some(limit) = limit {
        walk.count(limit);
    }
}

/// The attribute of a sort order.
pub(crate) fn sort_by(by: &mut SortBy, walk: &mut impl Walk) {
    walk.attribute(&mut by.attribute);
}

/// An expression with its clauses.
pub(crate) fn expression(expression: &mut Expression, walk: &mut impl Walk) {
    walk.ident(&mut expression.variable);
    expression.computed.iter_mut().flatten().for_each(|call| function_call(call, walk));
    expression.filter.iter_mut().for_each(|f| observation(f, walk));
    expression.attributes.iter_mut().flatten().for_each(|a| walk.attribute(a));
    expression.sort.iter_mut().for_each(|s| sort_by(s, walk));
    expression.limit.iter_mut().for_each(|l| walk.count(l));
    expression.offset.iter_mut().for_each(|o| walk.count(o));
}

fn function_call(call: &mut FunctionCall, walk: &mut impl Walk) {
    walk.span(&mut call.function.span);
    walk.attribute(&mut call.attribute);
    call.arguments.iter_mut().for_each(|l| walk.literal(l));
    walk.ident(&mut call.name);
    walk.span(&mut call.span);
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
        Observation::Qualified(part, qualifier, span) => {
            self::observation(part, walk);
            match qualifier {
                Qualifier::Within(_) | Qualifier::Repeats(_) | Qualifier::Between(..) => {}
                Qualifier::By(fields) => fields.iter_mut().for_each(|f| walk.attribute(f)),
                Qualifier::Without(without) => {
                    pattern(&mut without.pattern, walk);
                    without.by.iter_mut().for_each(|f| walk.attribute(f));
                }
            }
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
        Pattern::Not(part, span) => {
            self::pattern(part, walk);
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

/// One literal or a list.
pub(crate) fn operand(operand: &mut Operands, walk: &mut impl Walk) {
    walk.operands(operand);
    match operand {
        Operands::One(one) => walk.literal(one),
        Operands::List(items, span) => {
            for item in items {
                walk.literal(item);
            }
            walk.span(span);
        }
    }
}
