//! Patterns: every comparison gets its attribute, its typed literals and its one meaning.

use super::attribute::Found;
use super::context::Checker;
use super::hir::{Observed, Operand, Predicate, Test, TestOp, VarId};
use super::literal::Typed;
use crate::catalog::{EntityId, ValueType};
use crate::diag::codes::patterns::{
    BAD_NETWORK, BAD_OPERATOR, BAD_QUALIFIER, BAD_REGEX, LIST_OPERATOR, MANY_VALUES, NULL_LITERAL, OBSERVATIONS, OTHER_ENTITY,
    REFERENCE_TYPE,
};
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::syntax::ast::{self, Comparison, Literal, LiteralKind, Observation, Operator, Pattern, Qualifier, Reference};
use crate::value::Value;
use fancy_regex::Regex;
use ipnet::IpNet;

/// What a pattern is tested on.
pub(crate) struct Ground {
    /// The type whose slot is looked at.
    entity: EntityId,
    /// The variable, of a filter; else records of a data source.
    variable: Option<VarId>,
    /// For messages: `DISP`.
    clause: &'static str,
    /// Whether LIKE distinguishes case here.
    like_case: bool,
}

impl Ground {
    /// Records of data sources.
    pub(crate) fn records(cx: &Checker<'_>, entity: EntityId, sources: &[super::hir::SourceRef]) -> Self {
        Self { entity, variable: None, clause: "GET", like_case: cx.like_case(sources) }
    }

    /// The rows of a variable.
    pub(crate) fn variable(cx: &Checker<'_>, variable: VarId, clause: &'static str) -> Self {
        let like_case = cx.like_case(&cx.var(variable).sources);
        Self { entity: cx.entity_of(variable), variable: Some(variable), clause, like_case }
    }
}

/// A comparison with its attribute looked up.
struct Subject<'p> {
    comparison: &'p Comparison,
    entity: EntityId,
    found: Found,
    like_case: bool,
}

impl Checker<'_> {
    /// The WHERE of GET from a data source.
    pub(crate) fn observed(&mut self, ground: &Ground, observation: &Observation) -> Result<Observed, Reported> {
        match observation {
            Observation::One { pattern, .. } => Ok(Observed::One(self.pattern(ground, pattern)?)),
            Observation::And(parts, _) => Ok(Observed::And(self.observations(ground, parts)?)),
            Observation::Or(parts, _) => Ok(Observed::Or(self.observations(ground, parts)?)),
            Observation::FollowedBy(parts, _) => Ok(Observed::FollowedBy(self.observations(ground, parts)?)),
            Observation::Qualified(inner, qualifier, span) => {
                let inner = self.observed(ground, inner);
                self.qualified(Box::new(inner?), *qualifier, *span)
            }
        }
    }

    fn observations(&mut self, ground: &Ground, parts: &[Observation]) -> Result<Vec<Observed>, Reported> {
        let parts: Vec<_> = parts.iter().map(|p| self.observed(ground, p)).collect();
        parts.into_iter().collect()
    }

    fn qualified(&mut self, inner: Box<Observed>, qualifier: Qualifier, span: Span) -> Result<Observed, Reported> {
        let wrong = match qualifier {
            Qualifier::Within(nanos) if nanos > 0 => return Ok(Observed::Within(inner, nanos)),
            Qualifier::Repeats(times) if times > 0 => return Ok(Observed::Repeats(inner, times)),
            Qualifier::Between(start, stop) => return Ok(Observed::Between(inner, self.range(start, stop, span)?)),
            Qualifier::Within(_) => ("WITHIN needs more than 0 seconds", "WITHIN 1 SECONDS is the shortest whole number"),
            Qualifier::Repeats(_) => ("REPEATS needs at least 1 time", "leave REPEATS out to ask for one record"),
        };
        Err(self.report(Diagnostic::new(&BAD_QUALIFIER, span, wrong.0).label("never holds").help(wrong.1)))
    }

    /// A WHERE that is one pattern; true where there is none.
    pub(crate) fn filter(&mut self, ground: &Ground, observation: Option<&Observation>) -> Result<Predicate, Reported> {
        match observation {
            None => Ok(Predicate::TRUE),
            Some(Observation::One { pattern, .. }) => self.pattern(ground, pattern),
            Some(other) => {
                let message = "several observations need GET from a data source";
                let diagnostic = Diagnostic::new(&OBSERVATIONS, observation_span(other), message)
                    .label("not one pattern")
                    .help("write one bracket, with AND and OR inside it");
                Err(self.report(diagnostic))
            }
        }
    }

    fn pattern(&mut self, ground: &Ground, pattern: &Pattern) -> Result<Predicate, Reported> {
        match pattern {
            Pattern::Error(_) => Err(self.told()),
            Pattern::Compare(comparison) => self.comparison(ground, comparison),
            Pattern::And(parts, _) => {
                let parts = self.patterns(ground, parts)?;
                self.contradiction(&parts);
                Ok(Predicate::And(parts))
            }
            Pattern::Or(parts, _) => Ok(Predicate::Or(self.patterns(ground, parts)?)),
        }
    }

    fn patterns(&mut self, ground: &Ground, parts: &[Pattern]) -> Result<Vec<Predicate>, Reported> {
        let parts: Vec<_> = parts.iter().map(|p| self.pattern(ground, p)).collect();
        parts.into_iter().collect()
    }

    fn comparison(&mut self, ground: &Ground, comparison: &Comparison) -> Result<Predicate, Reported> {
        let entity = match &comparison.attribute.entity {
            Some(word) => self.entity(word)?,
            None => ground.entity,
        };
        let found = match ground.variable {
            Some(_) if entity != ground.entity => return Err(self.other_entity(ground, comparison, entity)),
            Some(variable) => self.attribute(variable, &comparison.attribute)?,
            None => self.source_attribute(entity, &comparison.attribute)?,
        };
        let subject = Subject { comparison, entity, found, like_case: ground.like_case };
        let (op, ty) = self.operation(&subject)?;
        let like = comparison.operator == Operator::Like && !subject.like_case;
        Ok(Predicate::Test(Box::new(Test {
            entity,
            attr: subject.found.attr,
            ty,
            negated: comparison.negated != (comparison.operator == Operator::Ne),
            op,
            fold: self.options.ignore_case || like,
            span: comparison.span,
        })))
    }

    /// What a comparison asks, and how values compare.
    fn operation(&mut self, subject: &Subject<'_>) -> Result<(TestOp, ValueType), Reported> {
        let comparison = subject.comparison;
        let operator = comparison.operator;
        let literals = match &comparison.operand {
            Some(ast::Operand::One(literal)) => std::slice::from_ref(literal),
            Some(ast::Operand::List(literals, _)) => literals,
            None => &[],
        };
        if literals.iter().any(|l| l.kind == LiteralKind::Error) {
            return Err(self.told());
        }
        let ty = subject.found.ty.unwrap_or_else(|| guess(operator, literals));
        if operator == Operator::IsNull {
            return Ok((TestOp::Null, ty));
        }
        self.operator_fits(subject, ty)?;
        if matches!(operator, Operator::Eq | Operator::Ne | Operator::In) {
            self.equality_list(comparison, literals)?;
            return Ok((TestOp::OneOf(self.one_of(subject, ty, literals)?), ty));
        }
        if operator == Operator::IsSubset {
            let networks: Vec<_> = literals.iter().map(|l| self.network(l, ty)).collect();
            return Ok((TestOp::Subset(networks.into_iter().collect::<Result<_, _>>()?), ty));
        }
        let [literal] = literals else { return Err(self.list_operator(comparison, literals)) };
        if let LiteralKind::Reference(reference) = &literal.kind {
            return Err(self.many_values(comparison, reference, literal.span));
        }
        let op = match operator {
            Operator::Like => TestOp::Like(self.written(literal)),
            Operator::Matches => TestOp::Matches(self.regex(literal)?),
            Operator::IsSuperset => TestOp::Superset(self.network(literal, ty)?),
            _ => {
                let value = self.ordered(literal, ty)?;
                match operator {
                    Operator::Lt => TestOp::Less(value),
                    Operator::Le => TestOp::LessEqual(value),
                    Operator::Gt => TestOp::Greater(value),
                    _ => TestOp::GreaterEqual(value),
                }
            }
        };
        self.wildcards(comparison, literal);
        Ok((op, ty))
    }

    /// Whether the attribute's values have this operator.
    fn operator_fits(&mut self, subject: &Subject<'_>, ty: ValueType) -> Result<(), Reported> {
        let comparison = subject.comparison;
        let help = match comparison.operator {
            Operator::Like | Operator::Matches if !matches!(ty, ValueType::Text | ValueType::Id) && !ty.is_address() => {
                "LIKE and MATCHES look at text; compare with =, IN, < or >"
            }
            Operator::IsSubset | Operator::IsSuperset if !ty.is_address() => {
                "ISSUBSET and ISSUPERSET compare addresses with networks"
            }
            Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge if ty == ValueType::Boolean => {
                "compare with = true or = false"
            }
            _ => return Ok(()),
        };
        let operator = self.sources.text(comparison.operator_span).to_ascii_uppercase();
        let message = format!("{operator} does not fit `{}`, {}", comparison.attribute.text, article(ty));
        let diagnostic = Diagnostic::new(&BAD_OPERATOR, comparison.operator_span, message)
            .label("does not fit")
            .also(comparison.attribute.span, ty.word())
            .help(help);
        Err(self.report(diagnostic))
    }

    /// A list of several values needs IN.
    fn equality_list(&mut self, comparison: &Comparison, literals: &[Literal]) -> Result<(), Reported> {
        if comparison.operator == Operator::In || literals.len() == 1 {
            Ok(())
        } else {
            Err(self.list_operator(comparison, literals))
        }
    }

    fn list_operator(&mut self, comparison: &Comparison, literals: &[Literal]) -> Reported {
        let operator = self.sources.text(comparison.operator_span).to_owned();
        let message = format!("a list of values needs IN, not {}", operator.to_ascii_uppercase());
        let diagnostic = Diagnostic::new(&LIST_OPERATOR, comparison.operator_span, message).label("takes one value");
        let negated = comparison.negated != (comparison.operator == Operator::Ne);
        let diagnostic = if matches!(comparison.operator, Operator::Eq | Operator::Ne) {
            let with = if negated { "NOT IN" } else { "IN" };
            diagnostic.fix(format!("{with} compares with each of them"), comparison.operator_span, with)
        } else {
            let joint = if negated { " AND " } else { " OR " };
            let attribute = self.sources.text(Span { end: comparison.attribute.span.end, ..comparison.span }).to_owned();
            let parts: Vec<String> =
                literals.iter().take(8).map(|l| format!("{attribute} {operator} {}", self.sources.text(l.span))).collect();
            diagnostic.fix("one comparison for each value", comparison.span, format!("({})", parts.join(joint)))
        };
        self.report(diagnostic)
    }

    /// The operands of `=`, `!=` and IN. What can never be equal is left out: the rest means the same.
    fn one_of(&mut self, subject: &Subject<'_>, ty: ValueType, literals: &[Literal]) -> Result<Vec<Operand>, Reported> {
        let mut operands = Vec::with_capacity(literals.len());
        let mut failed = None;
        for literal in literals {
            match self.equal(subject, ty, literal) {
                Ok(operand) => operands.extend(operand),
                Err(reported) => failed = Some(reported),
            }
        }
        failed.map_or(Ok(operands), Err)
    }

    fn equal(&mut self, subject: &Subject<'_>, ty: ValueType, literal: &Literal) -> Result<Option<Operand>, Reported> {
        let comparison = subject.comparison;
        match &literal.kind {
            LiteralKind::Reference(reference) => {
                let (variable, found) = self.reference(reference, literal.span)?;
                self.reference_fits(subject, ty, reference, &found)?;
                return Ok(Some(Operand::Reference(variable, found.attr)));
            }
            LiteralKind::Word(word) if word.eq_ignore_ascii_case("null") => return Err(self.null_literal(comparison, literal)),
            LiteralKind::Word(word) if self.scope.knows(word) => self.word_like_variable(comparison, literal, word),
            _ => {}
        }
        self.wildcards(comparison, literal);
        match self.typed(literal, ty)? {
            Typed::Value(Value::Float(_)) if ty == ValueType::Integer => {
                self.never_equal(comparison, literal, ty, "not a whole number");
                Ok(None)
            }
            Typed::Value(value) => {
                self.equality_lints(subject.entity, &subject.found.attr, comparison, literal, &value);
                Ok(Some(Operand::Value(value)))
            }
            Typed::Never(why) => {
                self.never_equal(comparison, literal, ty, &why);
                Ok(None)
            }
        }
    }

    /// `v.attr` as a value: the variable and its attribute.
    pub(crate) fn reference(&mut self, reference: &Reference, whole: Span) -> Result<(VarId, Found), Reported> {
        let variable = self.resolve_value(&reference.variable, whole)?;
        let found = self.attribute(variable, &reference.attribute)?;
        Ok((variable, found))
    }

    fn reference_fits(
        &mut self,
        subject: &Subject<'_>,
        ty: ValueType,
        reference: &Reference,
        found: &Found,
    ) -> Result<(), Reported> {
        let (Some(_), Some(other)) = (subject.found.ty, found.ty) else { return Ok(()) };
        if kind(ty) == kind(other) {
            return Ok(());
        }
        let name = format!("{}.{}", reference.variable.text, reference.attribute.text);
        let attribute = &subject.comparison.attribute;
        let message = format!("`{}` is {}, `{name}` is {}", attribute.text, article(ty), article(other));
        let diagnostic = Diagnostic::new(&REFERENCE_TYPE, reference.variable.span.to(reference.attribute.span), message)
            .label(other.word())
            .also(attribute.span, ty.word())
            .help("refer to an attribute of the same kind");
        Err(self.report(diagnostic))
    }

    fn many_values(&mut self, comparison: &Comparison, reference: &Reference, span: Span) -> Reported {
        let name = format!("{}.{}", reference.variable.text, reference.attribute.text);
        let operator = self.sources.text(comparison.operator_span).to_ascii_uppercase();
        let mut diagnostic = Diagnostic::new(&MANY_VALUES, span, format!("`{name}` may have many values, {operator} takes one"))
            .label("a set of values")
            .also(comparison.operator_span, "needs one value")
            .help("a reference goes with =, !=, IN and NOT IN");
        if self.scope.knows(&reference.variable.text) {
            return self.report(diagnostic);
        }
        diagnostic = diagnostic.fix("text needs quotes", span, format!("'{name}'"));
        self.report(diagnostic)
    }

    fn null_literal(&mut self, comparison: &Comparison, literal: &Literal) -> Reported {
        let negated = comparison.negated != (comparison.operator == Operator::Ne);
        let with = if negated { "IS NOT NULL" } else { "IS NULL" };
        let diagnostic = Diagnostic::new(&NULL_LITERAL, literal.span, "NULL is no value: nothing is equal to it")
            .label("not a value")
            .fix(format!("{with} asks whether there is a value"), comparison.operator_span.to(literal.span), with)
            .help("quote it to mean the text 'NULL'");
        self.report(diagnostic)
    }

    fn other_entity(&mut self, ground: &Ground, comparison: &Comparison, entity: EntityId) -> Reported {
        let text = self.sources.text(comparison.span).to_owned();
        let text = if text.chars().count() > 48 { format!("{}…", text.chars().take(48).collect::<String>()) } else { text };
        let message = format!("`{text}` is about another type than {}", self.type_name(ground.entity));
        let diagnostic = Diagnostic::new(&OTHER_ENTITY, comparison.span, message)
            .label(format!("about {}", self.type_name(entity)))
            .note(format!("{} tests the rows of a variable, which holds one entity type", ground.clause))
            .help("put the comparison into GET from a data source, where it is tested on the same record, or use FIND");
        self.report(diagnostic)
    }

    fn regex(&mut self, literal: &Literal) -> Result<String, Reported> {
        let text = self.written(literal);
        match Regex::new(&text) {
            Ok(_) => Ok(text),
            Err(error) => {
                let diagnostic = Diagnostic::new(&BAD_REGEX, literal.span, "the regular expression cannot be read")
                    .label(error.to_string())
                    .help(r"a special character is made ordinary by a backslash: r'\.exe$'");
                Err(self.report(diagnostic))
            }
        }
    }

    fn network(&mut self, literal: &Literal, ty: ValueType) -> Result<IpNet, Reported> {
        if let LiteralKind::Reference(reference) = &literal.kind
            && self.scope.knows(&reference.variable.text)
        {
            let diagnostic = Diagnostic::new(&MANY_VALUES, literal.span, "ISSUBSET and ISSUPERSET take networks, no reference")
                .label("a set of values")
                .help("a reference goes with =, !=, IN and NOT IN");
            return Err(self.report(diagnostic));
        }
        let text = self.written(literal);
        let text = text.trim();
        let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
        let Some(network) = network else {
            let diagnostic = Diagnostic::new(&BAD_NETWORK, literal.span, format!("`{}` is no network", shorten(text)))
                .label("neither CIDR nor address")
                .help("a network is an address and a prefix length: '10.0.0.0/8', 'fe80::/10'");
            return Err(self.report(diagnostic));
        };
        self.network_family(literal, ty, network);
        Ok(network.trunc())
    }

    /// A literal behind `<`, `<=`, `>` or `>=`.
    fn ordered(&mut self, literal: &Literal, ty: ValueType) -> Result<Value, Reported> {
        match self.typed(literal, ty)? {
            Typed::Value(value) => Ok(value),
            Typed::Never(why) => Err(self.bad_operand(literal, ty, &why)),
        }
    }
}

/// The kind of values in a column that is known only at run time, by what they are compared with.
fn guess(operator: Operator, literals: &[Literal]) -> ValueType {
    let number = |l: &Literal| matches!(l.kind, LiteralKind::Int(_) | LiteralKind::Float(_));
    match operator {
        Operator::Like | Operator::Matches => ValueType::Text,
        Operator::IsSubset | Operator::IsSuperset => ValueType::Address,
        _ if !literals.is_empty() && literals.iter().all(number) => ValueType::Float,
        _ if literals.iter().any(|l| matches!(l.kind, LiteralKind::Time(_))) => ValueType::Time,
        _ => ValueType::Text,
    }
}

/// Variables that a predicate refers to, in the order of the text.
pub(crate) fn references(predicate: &Predicate) -> Vec<VarId> {
    let operands = predicate.tests().into_iter().filter_map(|t| if let TestOp::OneOf(o) = &t.op { Some(o) } else { None });
    operands.flatten().filter_map(|o| if let Operand::Reference(var, _) = o { Some(*var) } else { None }).collect()
}

/// Variables that an observation expression refers to.
pub(crate) fn observed_references(observed: &Observed) -> Vec<VarId> {
    match observed {
        Observed::One(predicate) => references(predicate),
        Observed::And(parts) | Observed::Or(parts) | Observed::FollowedBy(parts) => {
            parts.iter().flat_map(observed_references).collect()
        }
        Observed::Within(inner, _) | Observed::Repeats(inner, _) | Observed::Between(inner, _) => observed_references(inner),
    }
}

/// Kinds of values that can be equal to each other.
pub(crate) fn kind(ty: ValueType) -> &'static str {
    match ty {
        ValueType::Text | ValueType::Id => "text",
        ValueType::Integer | ValueType::Float => "number",
        ValueType::Boolean => "boolean",
        ValueType::Time => "time",
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => "address",
    }
}

/// The kind of a value behind "is": `an address`.
pub(crate) fn article(ty: ValueType) -> String {
    match ty {
        ValueType::Text => ty.word().to_owned(),
        ValueType::Id | ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => format!("an {}", ty.word()),
        _ => format!("a {}", ty.word()),
    }
}

/// At most 60 characters of a text, for headlines.
pub(super) fn shorten(text: &str) -> String {
    if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text.to_owned() }
}

fn observation_span(observation: &Observation) -> Span {
    match observation {
        Observation::One { pattern, .. } => match pattern {
            Pattern::And(_, span) | Pattern::Or(_, span) | Pattern::Error(span) => *span,
            Pattern::Compare(comparison) => comparison.span,
        },
        Observation::And(_, span)
        | Observation::Or(_, span)
        | Observation::FollowedBy(_, span)
        | Observation::Qualified(_, _, span) => *span,
    }
}
