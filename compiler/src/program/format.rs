//! `huntc fmt`: canonical layout and keyword case, with comments where they were.
//!
//! It works on tokens, not on the tree, so nothing that a hunter wrote is lost; the tree says which words are names.
//! The result is read again and must give the same tree.

use super::layout::{Item, Piece, Role, lay_out};
use super::parse::read;
use super::{Program, walk};
use crate::diag::codes::internal::BUG;
use crate::diag::{Diagnostic, Severity};
use crate::source::{SourceId, SourceSet, Span};
use crate::syntax::ast::{AttrPath, Ident, Literal, LiteralKind, Path};
use crate::syntax::lexer::{self, Lexed};
use crate::syntax::token::{Kind, Token};
use crate::syntax::walk::Walk;

/// The canonical text of a source, or why it cannot be read.
pub fn format(sources: &SourceSet, id: SourceId) -> Result<String, Vec<Diagnostic>> {
    text(id, &sources.get(id).text)
}

/// The canonical form of a text.
pub(crate) fn text(id: SourceId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let (program, diagnostics) = read(id, text);
    let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let lexed = lexer::lex(id, text);
    let out = lay_out(items(text, &lexed, &program));
    let (back, _) = read(id, &out);
    if erased(back) == erased(program) {
        return Ok(out);
    }
    let everything = Span::new(id, 0, text.len());
    Err(vec![Diagnostic::new(&BUG, everything, "formatting would change the meaning of this file")])
}

/// A program without its places and without the case of relation words.
pub(crate) fn erased(mut program: Program) -> Program {
    walk::program(&mut program, &mut walk::Erase);
    program
}

/// A part of the text that is written out in one piece.
struct Unit {
    span: Span,
    text: String,
    role: Role,
}

/// Collects the names, attributes, paths and literals of a program: everything that is no keyword.
struct Units<'s> {
    source: &'s str,
    all: Vec<Unit>,
    /// The part that is written in JSON.
    json: Option<Span>,
}

impl Units<'_> {
    fn add(&mut self, span: Span, text: impl Into<String>) {
        self.all.push(Unit { span, text: text.into(), role: Role::Name });
    }

    fn verbatim(&mut self, span: Span) {
        let text = self.source.get(span.start as usize..span.end as usize).unwrap_or("").to_owned();
        self.add(span, text);
    }
}

impl Walk for Units<'_> {
    fn ident(&mut self, ident: &mut Ident) {
        self.verbatim(ident.span);
    }

    fn relation(&mut self, relation: &mut Ident) {
        self.add(relation.span, relation.text.to_uppercase());
    }

    fn attribute(&mut self, attribute: &mut AttrPath) {
        let span = attribute.entity.as_ref().map_or(attribute.span, |e| e.span.to(attribute.span));
        self.verbatim(span);
    }

    fn path(&mut self, path: &mut Path) {
        self.verbatim(path.span);
    }

    fn literal(&mut self, literal: &mut Literal) {
        match &literal.kind {
            LiteralKind::Reference(reference) => {
                self.add(literal.span, format!("{}.{}", reference.variable.text, reference.attribute.text));
            }
            _ => self.verbatim(literal.span),
        }
    }

    fn dotted(&mut self, variable: &mut Ident, attribute: &mut AttrPath) {
        self.add(variable.span.to(attribute.span), format!("{}.{}", variable.text, attribute.text));
    }

    fn argument(&mut self, name: &mut Ident) {
        self.all.push(Unit { span: name.span, text: name.text.clone(), role: Role::Argument });
    }

    fn json(&mut self, span: &mut Span) {
        self.json = Some(*span);
    }
}

/// The statements and comments of a text, ready to be laid out.
fn items(text: &str, lexed: &Lexed<'_>, program: &Program) -> Vec<Item> {
    let mut out = Vec::new();
    let mut stream = Stream { text, lexed, token: 0, comment: 0, last_end: 0 };
    for statement in &program.statements {
        let mut copy = statement.clone();
        let mut units = Units { source: text, all: Vec::new(), json: None };
        walk::statement(&mut copy, &mut units);
        units.all.sort_by_key(|u| u.span);
        stream.comments_before(statement.span.start, &mut out);
        let blank = stream.blank_before(statement.span.start);
        let pieces = stream.pieces(statement.span, &units.all, units.json);
        out.push(Item::Statement { pieces, blank });
        stream.last_end = statement.span.end;
    }
    stream.comments_before(u32::MAX, &mut out);
    out
}

/// The formatter's position in the tokens and comments of a text.
struct Stream<'a, 's> {
    text: &'s str,
    lexed: &'a Lexed<'s>,
    token: usize,
    comment: usize,
    /// End of the last token or comment taken.
    last_end: u32,
}

impl<'s> Stream<'_, 's> {
    fn between(&self, from: u32, to: u32) -> &'s str {
        self.text.get(from as usize..to as usize).unwrap_or("")
    }

    /// Whether an empty line lies between what was taken last and a place.
    fn blank_before(&self, at: u32) -> bool {
        self.last_end > 0 && self.between(self.last_end, at).matches('\n').count() > 1
    }

    /// Takes the comments before a place.
    fn comments_before(&mut self, at: u32, out: &mut Vec<Item>) {
        while let Some(comment) = self.lexed.comments.get(self.comment).filter(|c| c.start < at) {
            let blank = self.blank_before(comment.start);
            let trailing = self.last_end > 0 && !self.between(self.last_end, comment.start).contains('\n');
            let text = self.between(comment.start, comment.end).trim_end().to_owned();
            out.push(Item::Comment { text, blank, trailing });
            self.last_end = comment.end;
            self.comment += 1;
        }
    }

    /// Takes the tokens of a statement, with the comments between them.
    fn pieces(&mut self, span: Span, units: &[Unit], json: Option<Span>) -> Vec<Piece> {
        let mut out: Vec<Piece> = Vec::new();
        let mut unit = 0;
        let tokens = &self.lexed.tokens;
        while let Some(token) = tokens.get(self.token).filter(|t| t.span.start < span.end) {
            let mut comments = Vec::new();
            self.comments_before(token.span.start, &mut comments);
            for item in comments {
                if let Item::Comment { text, trailing, .. } = item {
                    out.push(Piece::Comment { text, trailing });
                }
            }
            while units.get(unit).is_some_and(|u| u.span.end <= token.span.start) {
                unit += 1;
            }
            let (end, piece) = match units.get(unit).filter(|u| u.span.start == token.span.start) {
                Some(found) if token.kind != Kind::Word || !inside(json, token) => {
                    (found.span.end, Piece::new(&found.text, found.role))
                }
                _ if token.kind == Kind::Eq && behind_argument(&out) => (token.span.end, Piece::new("=", Role::Assigns)),
                _ => (token.span.end, keyword_piece(token, tokens.get(self.token + 1), json)),
            };
            out.push(piece);
            self.last_end = end;
            while tokens.get(self.token).is_some_and(|t| t.span.start < end) {
                self.token += 1;
            }
            // Comments inside a unit, as between a variable and its dot, go after it.
            while let Some(comment) = self.lexed.comments.get(self.comment).filter(|c| c.start < end) {
                let text = self.between(comment.start, comment.end).trim_end().to_owned();
                out.push(Piece::Comment { text, trailing: true });
                self.comment += 1;
            }
        }
        out
    }
}

/// Whether the last part, comments aside, is the name of an argument.
fn behind_argument(pieces: &[Piece]) -> bool {
    let last = pieces.iter().rev().find_map(|p| if let Piece::Text { role, .. } = p { Some(*role) } else { None });
    last == Some(Role::Argument)
}

/// Whether a token stands in the part that is written in JSON, whose words are no keywords.
fn inside(json: Option<Span>, token: &Token<'_>) -> bool {
    json.is_some_and(|r| r.start < token.span.start)
}

/// A token that is no name: a keyword, function, unit, number, string or mark.
fn keyword_piece(token: &Token<'_>, next: Option<&Token<'_>>, json: Option<Span>) -> Piece {
    if token.kind == Kind::EqEq {
        return Piece::mark(Kind::Eq, "=");
    }
    if token.kind != Kind::Word {
        return Piece::mark(token.kind, token.text);
    }
    if inside(json, token) {
        return Piece::name(&token.text.to_lowercase());
    }
    if let Some(keyword) = token.keyword {
        return Piece::keyword(keyword);
    }
    let called = next.is_some_and(|n| n.kind == Kind::OpenParen);
    if called { Piece::function(&token.text.to_uppercase()) } else { Piece::unit(&token.text.to_lowercase()) }
}
