//! Operators and their operands: which go together, and what they mean.

use super::attribute::{Found, declaration};
use super::context::Checker;
use super::hir::{Attr, Operand, TestOp, VarId};
use super::literal::{Typed, is_network};
use super::wording::{kind, with_article};
use crate::catalog::{EntityId, ValueType, may_be_retyped};
use crate::diag::codes::patterns::{
    BAD_NETWORK, BAD_OPERAND, BAD_OPERATOR, BAD_REGEX, LIST_OPERATOR, MANY_VALUES, NULL_LITERAL, REFERENCE_TYPE,
};
use crate::diag::{Diagnostic, Reported};
use crate::pattern::regex::Regex;
use crate::source::Span;
use crate::syntax::ast::{self, Comparison, Literal, LiteralKind, Operator, Reference};
use crate::syntax::errors::names::shorten;
use crate::value::Value;
use ipnet::IpNet;

/// A comparison with its attribute looked up.
pub(super) struct Subject<'p> {
    pub(super) comparison: &'p Comparison,
    pub(super) entity: EntityId,
    pub(super) found: Found,
}

impl Checker<'_> {
    /// What a comparison asks, and how values compare.
    pub(super) fn operation(&mut self, subject: &Subject<'_>) -> Result<(TestOp, ValueType), Reported> {
        let comparison = subject.comparison;
        let operator = comparison.operator;
        let literals = match &comparison.operand {
            Some(ast::Operands::One(literal)) => std::slice::from_ref(literal),
            Some(ast::Operands::List(literals, _)) => literals,
            None => &[],
        };
        if literals.iter().any(|l| matches!(l.kind, LiteralKind::Error | LiteralKind::Parameter(_))) {
            return Err(self.told());
        }
        let ty = subject.found.ty.unwrap_or_else(|| guess(operator, literals));
        if operator == Operator::IsNull {
            return Ok((TestOp::Null, ty));
        }
        self.operator_fits(subject, ty)?;
        self.numbers_in_group(subject, literals)?;
        if matches!(operator.with_case(), Operator::Eq | Operator::Ne | Operator::In) {
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
                self.order_of_text(comparison, literal, subject.found.ty)?;
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
        if operator == Operator::Like {
            self.path_as_name(subject, literal);
        }
        Ok((op, ty))
    }

    /// Reports an operator that does not fit the values of the attribute.
    fn operator_fits(&mut self, subject: &Subject<'_>, ty: ValueType) -> Result<(), Reported> {
        let comparison = subject.comparison;
        let help = match comparison.operator {
            Operator::Like | Operator::Matches if ty != ValueType::Text && !ty.is_identifier() && !ty.is_address() => {
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
        let operator = self.operator_words(comparison);
        let message = format!("{operator} does not fit `{}`, {}", comparison.attribute.text, with_article(ty));
        let diagnostic = Diagnostic::new(&BAD_OPERATOR, comparison.operator_span, message)
            .label("does not fit")
            .also(comparison.attribute.span, ty.word())
            .help(help);
        Err(self.report(diagnostic))
    }

    /// A list of several values needs IN.
    fn equality_list(&mut self, comparison: &Comparison, literals: &[Literal]) -> Result<(), Reported> {
        if comparison.operator.with_case() == Operator::In || literals.len() == 1 {
            Ok(())
        } else {
            Err(self.list_operator(comparison, literals))
        }
    }

    /// The operator in upper case with its NOT: `=`, `NOT LIKE`.
    pub(super) fn operator_words(&self, comparison: &Comparison) -> String {
        let operator = self.sources.text(comparison.operator_span).to_ascii_uppercase();
        if comparison.negated && comparison.operator != Operator::IsNull { format!("NOT {operator}") } else { operator }
    }

    fn list_operator(&mut self, comparison: &Comparison, literals: &[Literal]) -> Reported {
        let operator = self.operator_words(comparison);
        let message = format!("a list of values needs IN, not {operator}");
        let diagnostic = Diagnostic::new(&LIST_OPERATOR, comparison.operator_span, message).label("takes one value");
        let joint = if comparison.denies() { " AND " } else { " OR " };
        let diagnostic = if matches!(comparison.operator.with_case(), Operator::Eq | Operator::Ne) {
            let not = if comparison.denies() { " NOT" } else { "" };
            let with = if comparison.operator.any_case() { Operator::InAnyCase } else { Operator::In };
            diagnostic.fix("each of them is compared", operator_place(comparison), format!("{not} {}", with.text()))
        } else if literals.len() > 8 || literals.iter().any(|l| l.given.is_some()) {
            diagnostic.help(format!("write one comparison for each value, joined by{joint}"))
        } else {
            let attribute = self.sources.text(Span { end: comparison.attribute.span.end, ..comparison.span }).to_owned();
            let parts: Vec<String> =
                literals.iter().map(|l| format!("{attribute} {operator} {}", self.sources.text(l.span))).collect();
            diagnostic.fix("one comparison for each value", comparison.span, format!("({})", parts.join(joint)))
        };
        self.report(diagnostic)
    }

    /// The operands of `=`, `!=` and IN. A value that can never be equal is left out, since the others mean the same without
    /// it.
    fn one_of(&mut self, subject: &Subject<'_>, ty: ValueType, literals: &[Literal]) -> Result<Vec<Operand>, Reported> {
        self.networks_in_list(subject, ty, literals);
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
                self.path_as_name(subject, literal);
                self.hash_of_another_kind(subject, literal);
                self.equality_lints(subject.entity, &subject.found.attr, comparison, literal, &value);
                Ok(Some(Operand::Value(value)))
            }
            // It was told of the whole list.
            Typed::Never(_) if comparison.operator.with_case() == Operator::In && is_network(literal) => Ok(None),
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
        let message = format!("`{}` is {}, `{name}` is {}", attribute.text, with_article(ty), with_article(other));
        let diagnostic = Diagnostic::new(&REFERENCE_TYPE, reference.variable.span.to(reference.attribute.span), message)
            .label(other.word())
            .also(attribute.span, ty.word())
            .help("refer to an attribute of the same kind");
        Err(self.report(diagnostic))
    }

    fn many_values(&mut self, comparison: &Comparison, reference: &Reference, span: Span) -> Reported {
        let name = format!("{}.{}", reference.variable.text, reference.attribute.text);
        let operator = self.operator_words(comparison);
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
        let with = if comparison.denies() { " IS NOT NULL" } else { " IS NULL" };
        let diagnostic =
            Diagnostic::new(&NULL_LITERAL, literal.span, "NULL is no value: nothing is equal to it").label("not a value");
        let diagnostic = match comparison.operand {
            Some(ast::Operands::One(_)) => {
                diagnostic.fix("absence is asked for by IS", operator_place(comparison).to(literal.span), with)
            }
            _ => diagnostic.help(format!("{} {} asks for absence", comparison.attribute.text, with.trim())),
        };
        let diagnostic = diagnostic.help("quote it to mean the text 'NULL'");
        self.report(diagnostic)
    }

    pub(super) fn regex(&mut self, literal: &Literal) -> Result<String, Reported> {
        let text = self.written(literal);
        match Regex::parse(&text, self.options.ignore_case) {
            Ok(_) => Ok(text),
            Err(error) => {
                let before = text.get(..error.offset).map_or(0, |t| t.chars().count());
                let diagnostic = Diagnostic::new(&BAD_REGEX, literal.span, "the regular expression cannot be read");
                let diagnostic = if error.is_too_large() {
                    diagnostic.help("counts multiply: write `+` or `*` instead of `{1,200}`")
                } else {
                    let place = format!("at character {} of the expression", before + 1);
                    diagnostic.note(place).help(r"a special character is made ordinary by a backslash: r'\.exe$'")
                };
                Err(self.report(diagnostic.label(error.message)))
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

    /// Reports `code > 4000` where the attribute is text: the order would be that of characters, which nobody means.
    fn order_of_text(&mut self, comparison: &Comparison, literal: &Literal, ty: Option<ValueType>) -> Result<(), Reported> {
        let number = matches!(literal.kind, LiteralKind::Int(_) | LiteralKind::Float(_));
        if !number || !ty.is_some_and(|ty| ty == ValueType::Text || ty.is_identifier()) {
            return Ok(());
        }
        let written = self.written(literal);
        let message =
            format!("`{}` is text, {} would compare characters", comparison.attribute.text, self.operator_words(comparison));
        let diagnostic = Diagnostic::new(&BAD_OPERAND, literal.span, message)
            .label("a number")
            .also(comparison.attribute.span, "text")
            .fix("quotes say that the order of characters is meant", literal.span, format!("'{written}'"));
        Err(self.report(diagnostic))
    }

    /// Reports a number where a key of an open group holds text: which of them are numbers only the user can say.
    fn numbers_in_group(&mut self, subject: &Subject<'_>, literals: &[Literal]) -> Result<(), Reported> {
        let Attr::Record(field) = &subject.found.attr else { return Ok(()) };
        let in_group = field.ty == ValueType::Text && may_be_retyped(&field.name);
        let number = literals.iter().find(|l| matches!(l.kind, LiteralKind::Int(_) | LiteralKind::Float(_)));
        let (true, Some(literal)) = (in_group, number) else { return Ok(()) };
        let written = self.written(literal);
        let ty = if matches!(literal.kind, LiteralKind::Int(_)) { ValueType::Integer } else { ValueType::Float };
        let message = format!("`{}` holds text, and {written} is a number", field.name);
        let diagnostic = Diagnostic::new(&BAD_OPERAND, literal.span, message)
            .label("a number")
            .also(subject.comparison.attribute.span, "text")
            .fix("quotes make it text", literal.span, format!("'{written}'"))
            .help(format!("to compare numbers, say so under [fields] in huntc.toml: {}", declaration(&field.name, ty)));
        Err(self.report(diagnostic))
    }

    /// Reads a literal after `<`, `<=`, `>` or `>=`.
    fn ordered(&mut self, literal: &Literal, ty: ValueType) -> Result<Value, Reported> {
        match self.typed(literal, ty)? {
            Typed::Value(value) => Ok(value),
            Typed::Never(why) => Err(self.bad_operand(literal, ty, &why)),
        }
    }
}

/// The type of values that are known only at run time, guessed from what they are compared with.
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

/// The place from the end of the attribute to the end of the operator, with NOT. A replacement for it begins with a blank.
pub(super) fn operator_place(comparison: &Comparison) -> Span {
    Span { start: comparison.attribute.span.end, ..comparison.operator_span }
}
