//! Puts the values of parameters where their names stand.

use super::{Bound, Parameters, Use, value};
use crate::diag::codes::parameters::{PARAMETER_NOT_HERE, UNKNOWN_PARAMETER};
use crate::diag::{Diagnostic, Sink, suggest};
use crate::source::Span;
use crate::syntax::ast::{Count, Ident, Length, Literal, LiteralKind, Moment, Operands, Path};
use crate::syntax::errors::names::shorten;
use crate::syntax::walk::Walk;
use crate::syntax::words;
use crate::time::duration;

/// A walk over a program that fills in the values.
pub(crate) struct Fill<'a> {
    pub(crate) parameters: &'a mut Parameters,
    pub(crate) sink: &'a mut Sink,
}

impl Fill<'_> {
    /// The value of a parameter; `None` where it has none, which was reported.
    fn value(&mut self, name: &str, span: Span) -> Option<Operands> {
        let Parameters { bound, uses } = &mut *self.parameters;
        let Some(found) = bound.iter_mut().find(|bound| bound.name == name) else {
            self.unknown(name, span);
            return None;
        };
        found.used = true;
        let value = found.value.clone()?;
        uses.push(Use { name: name.to_owned(), span, value: value::place(&value) });
        Some(value)
    }

    fn unknown(&mut self, name: &str, span: Span) {
        let names = self.parameters.bound.iter().map(|Bound { name, .. }| name.as_str());
        let near = suggest::nearest(name, names).first().map(|near| format!("${near}"));
        let told = Diagnostic::new(&UNKNOWN_PARAMETER, span, format!("no parameter `{}` is declared", shorten(name)));
        let told = told.label("has no value");
        self.sink.report(match near {
            Some(near) => told.fix("a similar name is declared", span, near),
            None => told.help(format!("declare it in the leading comment: `# param: {name} = 'value'`")),
        });
    }

    /// The one literal of a parameter, where a list has no place.
    fn one(&mut self, name: &str, span: Span, needed: &str) -> Option<Literal> {
        match self.value(name, span)? {
            Operands::One(literal) => Some(literal),
            Operands::List(..) => {
                self.not_here(name, span, needed, "a list");
                None
            }
        }
    }

    fn not_here(&mut self, name: &str, span: Span, needed: &str, found: &str) {
        let message = format!("{needed} is needed, `${}` is {found}", shorten(name));
        let told = Diagnostic::new(&PARAMETER_NOT_HERE, span, message).label(format!("is {found}"));
        self.sink.report(told.help("`huntc run --help-params HUNT` lists the parameters of a hunt"));
    }

    /// The whole number that a parameter gives.
    fn number(&mut self, parameter: &Ident) -> Option<u64> {
        const NEEDED: &str = "a whole number from 0";
        let literal = self.one(&parameter.text, parameter.span, NEEDED)?;
        let number = match &literal.kind {
            LiteralKind::Int(int) => u64::try_from(*int).ok(),
            LiteralKind::Text(text) => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.not_here(&parameter.text, parameter.span, NEEDED, kind_of(&literal));
        }
        number
    }

    /// The names of data sources that a parameter gives, each behind the scheme.
    fn names(&mut self, name: &str, span: Span, scheme: &str) -> Option<Vec<String>> {
        let value = self.value(name, span)?;
        let mut names = Vec::new();
        for literal in value::items(&value) {
            let text = match &literal.kind {
                LiteralKind::Text(text) | LiteralKind::Word(text) => text.clone(),
                LiteralKind::Int(int) => int.to_string(),
                _ => String::new(),
            };
            if text.trim().is_empty() || text.contains(',') || text.contains("://") {
                self.not_here(name, span, "the name of a data source", "no such name");
                return None;
            }
            names.push(format!("{scheme}{text}"));
        }
        Some(names)
    }
}

/// What a literal is, in a message about one that does not fit.
fn kind_of(literal: &Literal) -> &'static str {
    match &literal.kind {
        LiteralKind::Text(_) | LiteralKind::Word(_) => "text",
        LiteralKind::Int(_) | LiteralKind::Float(_) => "another number",
        LiteralKind::Time(_) => "a time",
        LiteralKind::Reference(_) | LiteralKind::Parameter(_) | LiteralKind::Error => "another value",
    }
}

/// A literal with the place at which it stands now.
fn standing(literal: Literal, span: Span) -> Literal {
    Literal { span, ..literal }
}

impl Walk for Fill<'_> {
    fn operands(&mut self, operands: &mut Operands) {
        match operands {
            Operands::One(literal) => {
                let LiteralKind::Parameter(name) = &literal.kind else { return };
                let (name, span) = (name.clone(), literal.span);
                *operands = match self.value(&name, span) {
                    Some(Operands::One(literal)) => Operands::One(standing(literal, span)),
                    Some(Operands::List(items, _)) => {
                        Operands::List(items.into_iter().map(|item| standing(item, span)).collect(), span)
                    }
                    None => Operands::One(Literal::written(LiteralKind::Error, span)),
                };
            }
            Operands::List(items, _) => {
                let mut all = Vec::with_capacity(items.len());
                for item in std::mem::take(items) {
                    let LiteralKind::Parameter(name) = &item.kind else {
                        all.push(item);
                        continue;
                    };
                    match self.value(name, item.span) {
                        Some(value) => all.extend(value::items(&value).iter().map(|one| standing(one.clone(), item.span))),
                        None => all.push(Literal::written(LiteralKind::Error, item.span)),
                    }
                }
                *items = all;
            }
        }
    }

    fn literal(&mut self, literal: &mut Literal) {
        let LiteralKind::Parameter(name) = &literal.kind else { return };
        let (name, span) = (name.clone(), literal.span);
        let found = self.one(&name, span, "one value");
        *literal = found.map_or_else(|| Literal::written(LiteralKind::Error, span), |found| standing(found, span));
    }

    fn moment(&mut self, moment: &mut Moment) {
        const NEEDED: &str = "an instant";
        let Some(parameter) = &moment.parameter else { return };
        let Some(literal) = self.one(&parameter.text, parameter.span, NEEDED) else { return };
        moment.at = match &literal.kind {
            LiteralKind::Time(time) => Some(*time),
            LiteralKind::Text(text) => words::instant(text),
            _ => None,
        };
        if moment.at.is_none() {
            self.not_here(&parameter.text, parameter.span, NEEDED, kind_of(&literal));
        }
    }

    fn length(&mut self, length: &mut Length) {
        let Some((parameter, unit)) = &length.parameter else { return };
        let Some(number) = self.number(parameter) else { return };
        length.nanos = duration::of(&number.to_string(), unit);
        if length.nanos.is_none() {
            self.not_here(&parameter.text, parameter.span, "a length of time below 292 years", "more than that");
        }
    }

    fn count(&mut self, count: &mut Count) {
        let Some(parameter) = &count.parameter else { return };
        count.value = self.number(parameter);
    }

    fn sources(&mut self, path: &mut Path) {
        if !path.text.contains('$') {
            return;
        }
        let mut parts = Vec::new();
        for part in path.text.split(',') {
            let (scheme, name) = words::scheme_and_name(part);
            match words::parameter(name.trim()) {
                Some(parameter) => match self.names(parameter, path.span, scheme) {
                    Some(names) => parts.extend(names),
                    None => return,
                },
                None => parts.push(part.to_owned()),
            }
        }
        if parts.join(",") != path.text {
            // What a parameter gives names a data source, even where a variable has this name.
            path.text = parts.join(",");
            path.quoted = true;
        }
    }
}
