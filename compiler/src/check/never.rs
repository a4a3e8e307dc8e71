//! Lints on literals that no value of the attribute has: a path in a name, a hash of another length, a network among addresses.

use super::context::Checker;
use super::hir::Attr;
use super::literal::is_network;
use super::operand::{Subject, operator_place};
use crate::catalog::{Attribute, Entity, Rule, ValueType};
use crate::diag::Diagnostic;
use crate::diag::codes::patterns::NEVER_MATCHES;
use crate::syntax::ast::{Literal, LiteralKind, Operator};
use crate::syntax::errors::names::{article, shorten};
use crate::syntax::print::quoted;

/// Hashes by the last segment of their attribute, with the hexadecimal digits that each has.
const HASHES: &[(&str, usize)] = &[("MD5", 32), ("SHA-1", 40), ("SHA-256", 64), ("SHA-512", 128), ("IMPHASH", 32)];

impl Checker<'_> {
    /// Warns of a path that is compared with the name of a file.
    pub(super) fn path_as_name(&mut self, subject: &Subject<'_>, literal: &Literal) {
        let (Attr::Catalog(id), LiteralKind::Text(text)) = (&subject.found.attr, &literal.kind) else { return };
        let kind = self.catalog.get(subject.entity);
        let attribute = self.catalog.attribute(subject.entity, *id);
        let Some(whole) = whole_path(kind, attribute) else { return };
        // A name that is made from a path has no separator; one that a record gives may have one: `kworker/0:1`.
        let made = attribute.access.iter().flatten().all(|a| matches!(a.rule, Rule::Basename | Rule::BasenameOfPath));
        // The backslash of an escape, which LIKE has not, is told as such.
        let like = subject.comparison.operator == Operator::Like;
        if like && ["\\%", "\\_"].iter().any(|escape| text.contains(escape)) {
            return;
        }
        let path = text.contains('\\') || text.trim_start_matches('%').starts_with('/') || made && text.contains('/');
        if !path {
            return;
        }
        let attribute = subject.comparison.attribute.span;
        let message = format!("no file name {} `{}`", if like { "is like" } else { "equals" }, shorten(text));
        let diagnostic = Diagnostic::new(&NEVER_MATCHES, literal.span, message)
            .label("a path")
            .also(attribute, "the part after the last separator")
            .fix("the whole path", attribute, whole);
        self.report(diagnostic);
    }

    /// Warns of a hash that has not the digits of its kind.
    pub(super) fn hash_of_another_kind(&mut self, subject: &Subject<'_>, literal: &Literal) {
        let (Attr::Catalog(id), LiteralKind::Text(text)) = (&subject.found.attr, &literal.kind) else { return };
        let kind = self.catalog.get(subject.entity);
        let attribute = self.catalog.attribute(subject.entity, *id);
        let (start, name) = attribute.name.rsplit_once('.').unwrap_or(("", &attribute.name));
        let Some((_, digits)) = HASHES.iter().find(|(n, _)| *n == name && attribute.ty == ValueType::Id) else { return };
        let hexadecimal = text.bytes().all(|b| b.is_ascii_hexdigit());
        if hexadecimal && text.len() == *digits {
            return;
        }
        let place = subject.comparison.attribute.span;
        let message = format!("no {name} equals `{}`", shorten(text));
        let label = if hexadecimal { format!("{} digits", text.len()) } else { "no hexadecimal digits alone".to_owned() };
        let mut diagnostic = Diagnostic::new(&NEVER_MATCHES, literal.span, message).label(label);
        diagnostic = diagnostic.also(place, format!("{} {name} has {digits} hexadecimal digits", article(name)));
        let other =
            HASHES.iter().find(|(n, d)| hexadecimal && *d == text.len() && kind.attribute(&format!("{start}.{n}")).is_some());
        if let Some((other, _)) = other {
            let written = if other.contains('-') { format!("{start}.{}", quoted(other)) } else { format!("{start}.{other}") };
            let alone = subject.comparison.operator.with_case() != Operator::In;
            let help = format!("{} {other} has {} digits", article(other), text.len());
            diagnostic = if alone { diagnostic.fix(help, place, written) } else { diagnostic.help(format!("{help}: {written}")) };
        }
        self.report(diagnostic);
    }

    /// Warns of networks in a list of addresses, once for the list.
    pub(super) fn networks_in_list(&mut self, subject: &Subject<'_>, ty: ValueType, literals: &[Literal]) {
        let comparison = subject.comparison;
        if !ty.is_address() || comparison.operator.with_case() != Operator::In {
            return;
        }
        let mut networks = literals.iter().filter(|literal| is_network(literal));
        let Some(first) = networks.next() else { return };
        let others = networks.count();
        let text = self.written(first);
        let message = match others {
            0 => format!("no {} equals `{}`", ty.word(), shorten(&text)),
            _ => format!("no {} equals `{}`, nor {others} more of the list", ty.word(), shorten(&text)),
        };
        let with = if comparison.denies() { " NOT ISSUBSET" } else { " ISSUBSET" };
        let help = format!("{} takes lists of networks and addresses", with.trim());
        let diagnostic = Diagnostic::new(&NEVER_MATCHES, first.span, message).label("a network, not an address");
        let networks_alone = literals.iter().all(|l| matches!(l.kind, LiteralKind::Text(_)));
        let diagnostic =
            if networks_alone { diagnostic.fix(help, operator_place(comparison), with) } else { diagnostic.help(help) };
        self.report(diagnostic);
    }
}

/// The attribute that has the whole path of which this one is the name; `None` for attributes that are no names of files.
fn whole_path(kind: &Entity, attribute: &Attribute) -> Option<String> {
    let start = attribute.name.strip_suffix("name").filter(|start| start.is_empty() || start.ends_with('.'))?;
    ["x_path", "binary_ref.x_path"].iter().map(|path| format!("{start}{path}")).find(|path| kind.attribute(path).is_some())
}
