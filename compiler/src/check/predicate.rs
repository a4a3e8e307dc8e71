//! Patterns: which slot or variable each comparison looks at, and what AND, OR and observations make of them.

use super::context::Checker;
use super::hir::{Observed, Predicate, SourceRef, Test, VarId};
use super::operand::Subject;
use crate::catalog::{EntityId, ValueType};
use crate::diag::codes::patterns::{OBSERVATIONS, OTHER_ENTITY};
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::syntax::ast::{Comparison, Observation, Operator, Pattern};
use crate::syntax::errors::names::shorten;

/// What a pattern is tested on.
pub(crate) struct Ground {
    /// The type whose slot is looked at.
    pub(super) entity: EntityId,
    /// The variable whose rows are filtered; `None`: records of a data source are tested.
    variable: Option<VarId>,
    /// The clause or command as messages call it: `DISP`.
    clause: &'static str,
    /// Whether LIKE distinguishes case here.
    like_case: bool,
}

impl Ground {
    /// Records of data sources.
    pub(crate) fn records(cx: &Checker<'_>, entity: EntityId, sources: &[SourceRef]) -> Self {
        Self { entity, variable: None, clause: "GET", like_case: cx.like_case(sources) }
    }

    /// The rows of a variable.
    pub(crate) fn variable(cx: &Checker<'_>, variable: VarId, clause: &'static str) -> Self {
        let like_case = cx.like_case(&cx.var(variable).sources);
        Self { entity: cx.entity_of(variable), variable: Some(variable), clause, like_case }
    }
}

impl Checker<'_> {
    /// The WHERE of GET from a data source.
    pub(crate) fn observed(&mut self, ground: &Ground, observation: &Observation) -> Result<Observed, Reported> {
        self.shallow(observation)?;
        self.loose_qualifiers(observation, true);
        self.observation(ground, observation)
    }

    pub(super) fn observation(&mut self, ground: &Ground, observation: &Observation) -> Result<Observed, Reported> {
        match observation {
            Observation::One { pattern, .. } => Ok(Observed::One(self.whole_pattern(ground, pattern)?)),
            Observation::And(parts, _) => Ok(Observed::And(self.observations(ground, parts)?)),
            Observation::Or(parts, _) => Ok(Observed::Or(self.observations(ground, parts)?)),
            Observation::FollowedBy(parts, _) => Ok(Observed::FollowedBy(self.observations(ground, parts)?)),
            Observation::Qualified(inner, qualifier, span) => self.qualified(ground, inner, qualifier, *span),
        }
    }

    fn observations(&mut self, ground: &Ground, parts: &[Observation]) -> Result<Vec<Observed>, Reported> {
        let parts: Vec<_> = parts.iter().map(|p| self.observation(ground, p)).collect();
        parts.into_iter().collect()
    }

    /// A WHERE that is one pattern; true where there is none.
    pub(crate) fn filter(&mut self, ground: &Ground, observation: Option<&Observation>) -> Result<Predicate, Reported> {
        match observation {
            None => Ok(Predicate::TRUE),
            Some(Observation::One { pattern, .. }) => self.whole_pattern(ground, pattern),
            Some(other) => {
                let message = "several observations need GET from a data source";
                let diagnostic = Diagnostic::new(&OBSERVATIONS, observation_span(other), message)
                    .label("not one pattern")
                    .help("write one bracket, with AND and OR inside it");
                Err(self.report(diagnostic))
            }
        }
    }

    fn whole_pattern(&mut self, ground: &Ground, pattern: &Pattern) -> Result<Predicate, Reported> {
        let predicate = self.pattern(ground, pattern, false)?;
        self.drops_absent(pattern, &predicate);
        Ok(predicate)
    }

    /// A pattern, under NOT or not. NOT goes down to the comparisons by De Morgan's rule, since a comparison on an absent
    /// attribute is false either way.
    pub(super) fn pattern(&mut self, ground: &Ground, pattern: &Pattern, not: bool) -> Result<Predicate, Reported> {
        match pattern {
            Pattern::Error(_) => Err(self.told()),
            Pattern::Compare(comparison) => self.comparison(ground, comparison, not),
            Pattern::Not(part, _) => self.pattern(ground, part, !not),
            Pattern::And(parts, _) | Pattern::Or(parts, _) => {
                let all = matches!(pattern, Pattern::And(..)) != not;
                let parts: Vec<_> = parts.iter().map(|p| self.pattern(ground, p, not)).collect();
                let parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
                if !all {
                    return Ok(Predicate::Or(parts));
                }
                self.contradiction(ground.entity, &parts);
                Ok(Predicate::And(parts))
            }
        }
    }

    fn comparison(&mut self, ground: &Ground, comparison: &Comparison, not: bool) -> Result<Predicate, Reported> {
        let entity = match &comparison.attribute.entity {
            Some(word) if !comparison.attribute.of_record() => self.entity(word)?,
            _ => ground.entity,
        };
        let found = match ground.variable {
            Some(_) if entity != ground.entity => return Err(self.other_entity(ground, comparison, entity)),
            Some(variable) => self.attribute(variable, &comparison.attribute)?,
            None => self.source_attribute(entity, &comparison.attribute)?,
        };
        let subject = Subject { comparison, entity, found };
        let (op, ty) = self.operation(&subject)?;
        let like = comparison.operator == Operator::Like && !ground.like_case;
        let any_case = comparison.operator.any_case() && (ty == ValueType::Text || ty.is_identifier());
        Ok(Predicate::Test(Box::new(Test {
            entity,
            attr: subject.found.attr,
            ty,
            negated: comparison.denies() != not,
            op,
            fold: self.options.ignore_case || like || any_case,
            span: comparison.span,
        })))
    }

    fn other_entity(&mut self, ground: &Ground, comparison: &Comparison, entity: EntityId) -> Reported {
        let text = shorten(self.sources.text(comparison.span));
        let message = format!("`{text}` is about another type than {}", self.type_name(ground.entity));
        let diagnostic = Diagnostic::new(&OTHER_ENTITY, comparison.span, message)
            .label(format!("about {}", self.type_name(entity)))
            .note(format!("{} tests the rows of a variable, which holds one entity type", ground.clause))
            .help("put the comparison into GET from a data source, where it is tested on the same record, or use FIND");
        self.report(diagnostic)
    }
}

pub(super) fn observation_span(observation: &Observation) -> Span {
    match observation {
        Observation::One { pattern, .. } => match pattern {
            Pattern::And(_, span) | Pattern::Or(_, span) | Pattern::Not(_, span) | Pattern::Error(span) => *span,
            Pattern::Compare(comparison) => comparison.span,
        },
        Observation::And(_, span)
        | Observation::Or(_, span)
        | Observation::FollowedBy(_, span)
        | Observation::Qualified(_, _, span) => *span,
    }
}
