//! Qualifiers of observations: what they need, and where one seems to belong to more than it does.

use super::context::Checker;
use super::hir::{Attr, Observed, Unfollowed};
use super::predicate::{Ground, observation_span};
use crate::diag::codes::patterns::LOOSE_QUALIFIER;
use crate::diag::codes::syntax::{BAD_QUALIFIER, TOO_DEEP};
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::syntax::ast::{AttrPath, Observation, Qualifier, Without};
use crate::syntax::errors::names::shorten;

/// How deep brackets and qualifiers of observations may nest: what looks at them goes into them step by step.
const MOST_NESTED: usize = 64;

impl Checker<'_> {
    /// Refuses an expression that nests too deep.
    pub(super) fn shallow(&mut self, whole: &Observation) -> Result<(), Reported> {
        let mut open = vec![(whole, 0)];
        while let Some((observation, depth)) = open.pop() {
            if depth > MOST_NESTED {
                let message = format!("observations nest deeper than {MOST_NESTED} levels");
                let found = Diagnostic::new(&TOO_DEEP, observation_span(whole), message);
                return Err(self.report(found.help("take away brackets that are not needed, or split it over several statements")));
            }
            match observation {
                Observation::One { .. } => {}
                Observation::Qualified(inner, ..) => open.push((inner, depth + 1)),
                Observation::And(parts, _) | Observation::Or(parts, _) | Observation::FollowedBy(parts, _) => {
                    open.extend(parts.iter().map(|part| (part, depth + 1)));
                }
            }
        }
        Ok(())
    }

    /// A part with a qualifier, whose place is `span`.
    pub(super) fn qualified(
        &mut self,
        ground: &Ground,
        inner: &Observation,
        qualifier: &Qualifier,
        span: Span,
    ) -> Result<Observed, Reported> {
        let part = self.observation(ground, inner);
        match qualifier {
            Qualifier::Within(nanos) if *nanos > 0 => Ok(Observed::Within(Box::new(part?), *nanos)),
            Qualifier::Repeats(times) if *times > 0 => Ok(Observed::Repeats(Box::new(part?), *times)),
            Qualifier::Between(start, stop) => {
                let (range, part) = (self.range(*start, *stop, span)?, Box::new(part?));
                Ok(Observed::Between(part, self.replacement().unwrap_or(range)))
            }
            Qualifier::By(fields) => {
                let by = self.common_fields(ground, fields)?;
                if by.is_empty() {
                    return Err(self.told());
                }
                Ok(Observed::By(Box::new(part?), by))
            }
            Qualifier::Without(without) => self.without(ground, part, inner, without, span),
            // The parser has reported 0 and gives 1 instead.
            Qualifier::Within(_) | Qualifier::Repeats(_) => Err(self.told()),
        }
    }

    fn without(
        &mut self,
        ground: &Ground,
        part: Result<Observed, Reported>,
        inner: &Observation,
        without: &Without,
        span: Span,
    ) -> Result<Observed, Reported> {
        let pattern = self.pattern(ground, &without.pattern, false);
        let by = self.common_fields(ground, &without.by);
        let (part, unfollowed) = (part?, Unfollowed { pattern: pattern?, nanos: without.nanos, by: by? });
        if !is_single(inner) {
            let found = Diagnostic::new(&BAD_QUALIFIER, span, "WITHOUT stands behind one observation")
                .label("behind several records")
                .help("put it behind the last one: [a] FOLLOWEDBY ([b] WITHOUT [c] WITHIN 60 SECONDS BY host.name)");
            return Err(self.report(found));
        }
        Ok(Observed::Without(Box::new(part), Box::new(unfollowed)))
    }

    /// The fields of BY, each of the record.
    fn common_fields(&mut self, ground: &Ground, fields: &[AttrPath]) -> Result<Vec<Attr>, Reported> {
        let found: Vec<_> = fields.iter().map(|field| self.record_attribute(ground.entity, field)).collect();
        found.into_iter().map(|found| Ok(found?.attr)).collect()
    }

    /// Advises brackets where WITHIN, REPEATS or BY stands behind several observations but belongs to the last of them.
    /// `outermost`: no other expression ends with this one.
    pub(super) fn loose_qualifiers(&mut self, observation: &Observation, outermost: bool) {
        match observation {
            Observation::One { .. } => {}
            Observation::Qualified(inner, ..) => self.loose_qualifiers(inner, true),
            Observation::And(parts, span) | Observation::Or(parts, span) | Observation::FollowedBy(parts, span) => {
                if outermost {
                    self.loose_qualifier(observation, *span);
                }
                for (index, part) in parts.iter().enumerate() {
                    self.loose_qualifiers(part, index + 1 < parts.len());
                }
            }
        }
    }

    fn loose_qualifier(&mut self, whole: &Observation, span: Span) {
        let Some((qualifiers, word)) = loose_end(whole) else { return };
        let text = self.sources.text(span);
        let begin = (qualifiers.start - span.start) as usize;
        let (Some(parts), Some(qualifier)) = (text.get(..begin), text.get(begin..)) else { return };
        // Brackets around the last part alone say that it is meant.
        if text.ends_with(')') {
            return;
        }
        let message = format!("{word} belongs to the last observation only");
        let diagnostic = Diagnostic::new(&LOOSE_QUALIFIER, qualifiers, message)
            .label("behind several observations")
            .fix("for all of them, put them in brackets", span, format!("({}) {qualifier}", parts.trim_end()))
            .help(format!("if the last one is meant, brackets around it say so: (… {})", shorten(qualifier)));
        self.report(diagnostic);
    }
}

/// Whether each match is one record.
fn is_single(observation: &Observation) -> bool {
    match observation {
        Observation::One { .. } => true,
        Observation::Or(parts, _) => parts.iter().all(is_single),
        Observation::Qualified(part, Qualifier::Repeats(times), _) => *times == 1 && is_single(part),
        Observation::Qualified(part, ..) => is_single(part),
        Observation::And(..) | Observation::FollowedBy(..) => false,
    }
}

/// The place of the qualifiers of the last part, if one of them could be meant for all parts, and the word of that one.
fn loose_end(whole: &Observation) -> Option<(Span, &'static str)> {
    let mut last = whole;
    while let Observation::And(parts, _) | Observation::Or(parts, _) | Observation::FollowedBy(parts, _) = last {
        last = parts.last()?;
    }
    let (mut place, mut found): (Option<Span>, _) = (None, None);
    while let Observation::Qualified(part, qualifier, span) = last {
        place = Some(place.map_or(*span, |outer| span.to(outer)));
        found = match qualifier {
            Qualifier::Within(_) => Some("WITHIN"),
            Qualifier::Repeats(_) => Some("REPEATS"),
            Qualifier::By(_) => Some("BY"),
            Qualifier::Between(..) | Qualifier::Without(_) => found,
        };
        last = part;
    }
    // Brackets before the qualifiers say what they belong to.
    matches!(last, Observation::One { .. }).then_some(())?;
    place.zip(found)
}
