//! WITH behind a variable: which function a call means, whether it fits its attribute, and what the new attribute is called.

use super::attribute::Found;
use super::context::{Checker, ColumnInfo};
use super::hir::{Attr, Column, ComputedColumn, Function, Shape, SightingAttr, VarId};
use super::literal::Typed;
use super::wording::with_article;
use crate::catalog::{FunctionInput, FunctionOutput, FunctionParameter, ValueFunction, ValueType};
use crate::diag::codes::syntax::BAD_FUNCTION;
use crate::diag::codes::types::{DUPLICATE_COLUMN, ROWS_PER_RECORD};
use crate::diag::{Diagnostic, Reported, suggest};
use crate::syntax::ast::{AttrPath, FunctionCall, Ident, Literal, LiteralKind};
use crate::value::Value;

/// What a variable was before WITH gave it more attributes.
pub(super) struct Before(Shape, Vec<ColumnInfo>);

impl Checker<'_> {
    /// Checks the calls behind WITH. Each sees what those before it made, so the variable has the new attributes from then on,
    /// until [`Self::forget_computed`].
    pub(super) fn computed(&mut self, var: VarId, calls: &[FunctionCall]) -> (Before, Result<Vec<ComputedColumn>, Reported>) {
        let before = Before(self.var(var).shape.clone(), self.columns_of(var).to_vec());
        let mut columns = Vec::with_capacity(calls.len());
        let mut failed = None;
        for call in calls {
            let checked = self.call(var, call);
            let ty = checked.as_ref().ok().and_then(|(_, ty)| *ty);
            match checked {
                Ok((column, _)) => columns.push(column),
                Err(reported) => failed = Some(reported),
            }
            // An attribute whose call is wrong is there all the same: naming it is no second mistake.
            self.add_computed(var, &call.name.text, ty);
        }
        (before, failed.map_or(Ok(columns), Err))
    }

    /// Takes the attributes away that WITH gave to a variable.
    pub(super) fn forget_computed(&mut self, var: VarId, before: Before) {
        let Before(shape, columns) = before;
        let at = var.0 as usize;
        if let (Some(var), Some(held)) = (self.hunt.vars.get_mut(at), self.columns.get_mut(at)) {
            var.shape = shape;
            *held = columns;
        }
    }

    fn add_computed(&mut self, var: VarId, name: &str, ty: Option<ValueType>) {
        let at = var.0 as usize;
        let (Some(var), Some(held)) = (self.hunt.vars.get_mut(at), self.columns.get_mut(at)) else { return };
        let Shape::Entities { kept, added, .. } = &mut var.shape else { return };
        if held.iter().any(|c| c.name == name) {
            return;
        }
        held.push(ColumnInfo { name: name.to_owned(), ty });
        added.push(name.to_owned());
        if let Some(kept) = kept {
            kept.push(Column { header: name.to_owned(), attr: Attr::Added(name.to_owned()) });
        }
    }

    /// Reports WITH where rows are no entities: it gives values to entities.
    pub(super) fn computable(&mut self, var: VarId, expression: &crate::syntax::ast::Expression) -> Result<(), Reported> {
        let span = expression.variable.span;
        self.needs_entities(var, span, "WITH")?;
        let before = if let Shape::Entities { per_record, .. } = &self.var(var).shape { *per_record } else { None };
        let Some(transformer) = expression.transformer.or(before) else { return Ok(()) };
        let word = transformer.word();
        let message = format!("WITH gives values to entities, {word} has a row for each record");
        let diagnostic = Diagnostic::new(&ROWS_PER_RECORD, span, message).label(format!("rows of {word}"));
        Err(self.report(diagnostic.help(format!("compute first, in a statement of its own: `y = x WITH …`, then {word}(y)"))))
    }

    fn call(&mut self, var: VarId, call: &FunctionCall) -> Result<(ComputedColumn, Option<ValueType>), Reported> {
        let function = self.function(&call.function);
        let found = self.attribute(var, &call.attribute);
        let free = self.free_name(var, &call.name);
        let (function, found) = (function?, found?);
        self.input_fits(function, call, &found)?;
        let arguments = self.arguments(function, call, &found)?;
        free?;
        let ty = match function.facts().output {
            FunctionOutput::Type(ty) => Some(ty),
            FunctionOutput::Same => found.ty,
        };
        Ok((ComputedColumn { name: call.name.text.clone(), function, attr: found.attr, arguments }, ty))
    }

    fn function(&mut self, word: &Ident) -> Result<ValueFunction, Reported> {
        if let Some(function) = ValueFunction::find(&word.text) {
            return Ok(function);
        }
        let shown = crate::syntax::errors::names::shorten(&word.text);
        let diagnostic = Diagnostic::new(&BAD_FUNCTION, word.span, format!("there is no function `{shown}`"));
        let other = |f: &&ValueFunction| f.facts().others.iter().any(|o| o.eq_ignore_ascii_case(&word.text));
        let words = || ValueFunction::ALL.iter().map(|f| f.word());
        let meant = ValueFunction::ALL.iter().find(other).map(|f| f.word());
        let diagnostic = if let Some(meant) = meant.or_else(|| suggest::best(&word.text, words())) {
            diagnostic.fix(format!("write {meant}"), word.span, meant)
        } else if Function::ALL.iter().any(|f| f.word().eq_ignore_ascii_case(&word.text)) {
            diagnostic.label("of groups").help("aggregates go with GROUP: g = GROUP x BY name WITH COUNT(pid) AS n")
        } else {
            diagnostic.label(format!("the functions are {}", words().collect::<Vec<_>>().join(", ")))
        };
        Err(self.report(diagnostic))
    }

    /// Reports an attribute whose values the function cannot take.
    fn input_fits(&mut self, function: ValueFunction, call: &FunctionCall, found: &Found) -> Result<(), Reported> {
        let (fits, needs) = match (function.facts().input, found.ty) {
            (FunctionInput::Any, _) | (_, None) => return Ok(()),
            (FunctionInput::Text, Some(ty)) => (ty == ValueType::Text || ty.is_identifier(), "text"),
            (FunctionInput::Time, Some(ty)) => (ty == ValueType::Time, "a time"),
        };
        if fits {
            return Ok(());
        }
        let (word, text) = (function.word(), &call.attribute.text);
        let is = found.ty.map_or_else(String::new, with_article);
        let message = format!("{word} needs {needs}, `{text}` is {is}");
        let diagnostic = Diagnostic::new(&BAD_FUNCTION, call.attribute.span, message).label(format!("not {needs}"));
        Err(self.report(diagnostic.help(format!("an example is {}", function.facts().example))))
    }

    /// The literals behind the attribute.
    fn arguments(&mut self, function: ValueFunction, call: &FunctionCall, found: &Found) -> Result<Vec<Value>, Reported> {
        let facts = function.facts();
        if facts.parameters.len() != call.arguments.len() {
            let message = match facts.parameters.len() {
                0 => format!("{} takes an attribute and nothing else", facts.word),
                1 => format!("{} takes an attribute and one literal", facts.word),
                n => format!("{} takes an attribute and {n} literals", facts.word),
            };
            let span = call.function.span.to(call.arguments.last().map_or(call.attribute.span, |l| l.span));
            let diagnostic = Diagnostic::new(&BAD_FUNCTION, span, message).label(facts.signature());
            return Err(self.report(diagnostic.help(format!("an example is {}", facts.example))));
        }
        let pairs = facts.parameters.iter().zip(&call.arguments);
        let read: Vec<_> =
            pairs.map(|(parameter, literal)| self.function_argument(facts.word, *parameter, literal, found)).collect();
        read.into_iter().collect()
    }

    fn function_argument(
        &mut self,
        word: &str,
        parameter: FunctionParameter,
        literal: &Literal,
        found: &Found,
    ) -> Result<Value, Reported> {
        match &literal.kind {
            LiteralKind::Error => return Err(self.told()),
            LiteralKind::Reference(_) => {
                let diagnostic = Diagnostic::new(&BAD_FUNCTION, literal.span, format!("{word} takes a literal here"))
                    .label("the values of a variable");
                return Err(self.report(diagnostic.help("write a text in quotes, or a number")));
            }
            _ => {}
        }
        match (parameter, found.ty) {
            (FunctionParameter::Expression, _) => self.regex(literal).map(Value::text),
            (FunctionParameter::Sought, _) if self.written(literal).is_empty() => {
                let diagnostic = Diagnostic::new(&BAD_FUNCTION, literal.span, format!("{word} looks for no text"));
                Err(self.report(diagnostic.label("empty").help("write the text that is to be replaced")))
            }
            (FunctionParameter::Sought | FunctionParameter::Text, _) => Ok(Value::text(self.written(literal))),
            (FunctionParameter::Same, Some(ty)) => match self.typed(literal, ty)? {
                Typed::Value(value) => Ok(value),
                Typed::Never(why) => Err(self.bad_operand(literal, ty, &why)),
            },
            (FunctionParameter::Same, None) => Ok(match &literal.kind {
                LiteralKind::Int(int) => Value::Int(*int),
                LiteralKind::Float(float) => Value::Float(*float),
                LiteralKind::Time(time) => Value::Time(*time),
                _ => Value::text(self.written(literal)),
            }),
        }
    }

    /// Reports a name that the rows have already.
    fn free_name(&mut self, var: VarId, name: &Ident) -> Result<(), Reported> {
        let path = AttrPath { entity: None, text: name.text.clone(), span: name.span };
        let entity = self.entity_of(var);
        let made = self.columns_of(var).iter().any(|c| c.name == name.text);
        let of_type = self.known_attribute(entity, &path).is_some() || SightingAttr::from_name(&name.text).is_some();
        if !made && !of_type {
            return Ok(());
        }
        let whose = if made { self.var(var).name.clone() } else { self.type_name(entity).to_owned() };
        let message = format!("{whose} has an attribute `{}` already", name.text);
        let diagnostic = Diagnostic::new(&DUPLICATE_COLUMN, name.span, message).label("taken");
        Err(self.report(diagnostic.fix("give the new one another name", name.span, format!("{}_", name.text))))
    }
}
