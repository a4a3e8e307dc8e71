//! The grammar of statements and programs, and [`parse`].

use super::command::grammars;
use super::left_out::left_out;
use super::{Command, Program, Statement};
use crate::commands::assign::Assign;
use crate::commands::merge::Merge;
use crate::diag::codes::syntax::{NOT_A_STATEMENT, UNEXPECTED};
use crate::diag::{Diagnostic, Sink};
use crate::source::{SourceId, SourceSet, Span};
use crate::syntax::ast::Ident;
use crate::syntax::errors::fault::{Expect, Tokens};
use crate::syntax::errors::{self, names};
use crate::syntax::expression::Computed;
use crate::syntax::grammar::{self, Extra, Input, P, Stop, expected, index, look, place, report, required, skip};
use crate::syntax::token::{Class, Flags, Keyword, Kind, Token};
use crate::syntax::{Parts, lexer, repair, scan, words};
use chumsky::prelude::*;

/// Reads a source. Everything that cannot be read is reported once and stands in the program as an error node.
pub fn parse(sources: &SourceSet, id: SourceId, sink: &mut Sink) -> Program {
    let read = whole(id, &sources.get(id).text);
    for diagnostic in read.diagnostics.into_iter().chain(left_out(sources, id)) {
        sink.report(diagnostic);
    }
    read.unread.into_iter().for_each(|place| sink.unread(place));
    read.program
}

/// A text that was read.
struct Read {
    program: Program,
    /// Sorted by place.
    diagnostics: Vec<Diagnostic>,
    /// Where the reading is unsure, so that later passes say nothing.
    unread: Vec<Span>,
}

/// Reads a text: the program, and the diagnostics sorted by place.
pub(crate) fn read(id: SourceId, text: &str) -> (Program, Vec<Diagnostic>) {
    let read = whole(id, text);
    (read.program, read.diagnostics)
}

fn whole(id: SourceId, text: &str) -> Read {
    let lexed = lexer::lex(id, text);
    let mut diagnostics = lexed.diagnostics;
    let scanned = scan::scan(text, lexed.tokens, &mut diagnostics);
    let (statements, faults) = program().parse(scanned.tokens.as_slice()).into_output_errors();
    let mut statements = statements.unwrap_or_default();
    let (faults, mut unread) = repair::repair::<Statements>(&scanned.tokens, &mut statements, faults);
    diagnostics.extend(errors::expected::diagnostics(faults, &scanned, Span::new(id, text.len(), text.len())));
    diagnostics.sort_by_key(|d| (d.primary.span, d.code.id));
    errors::foreign::phrases(id, text, &mut diagnostics, &mut unread);
    Read { program: Program { statements }, diagnostics, unread }
}

/// Gives repairs the grammar of programs.
struct Statements;

impl repair::Statements for Statements {
    type Statement = Statement;

    fn grammar<'t>() -> P<'t, Vec<Statement>> {
        program()
    }

    fn place(statement: &Statement) -> Span {
        statement.span
    }
}

fn program<'t>() -> P<'t, Vec<Statement>> {
    let statement = statement(&Parts::new());
    let some = any().ignored().then(skip(Stop::Statement));
    let broken = some.map_with(|_, e| Statement { target: None, command: Command::Error, span: place(e.slice()) });
    statement.recover_with(via_parser(broken)).repeated().collect().boxed()
}

fn statement<'t>(parts: &Parts<'t>) -> P<'t, Statement> {
    let yielding = choice(grammars(parts, Class::Yield)).boxed();
    let showing = choice(grammars(parts, Class::Command)).boxed();
    let no_value = showing.clone().validate(|_, e, emitter| {
        let tokens: Tokens<'_> = e.slice();
        let found =
            Diagnostic::new(&UNEXPECTED, tokens.first().map_or(place(tokens), |t| t.span), "this command gives no variable");
        emitter.emit(found.help("remove the name and `=` before it").into());
        Command::Error
    });
    let right = choice((yielding.clone(), no_value.boxed(), literal_value().boxed(), wordless(parts)));
    let right = required(right, Stop::Statement);
    let assignment = target().then(right).map(|(target, command)| (Some(target), command.unwrap_or(Command::Error)));
    let bare = choice((yielding, showing)).map(|command| (None, command));
    let lone = lone().map(|()| (None, Command::Error));
    choice((assignment.boxed(), bare.boxed(), lone.boxed()))
        .map_with(|(target, command), e| Statement { target, command, span: place(e.slice()) })
        .boxed()
}

/// What follows `=` where no command does: `a + b`, or an expression.
fn wordless<'t>(parts: &Parts<'t>) -> P<'t, Command> {
    let value = parts.value.clone().validate(|value, _, emitter| match value {
        Computed::Expression(expression) => Command::Assign(Assign { expression: *expression }),
        Computed::Merge(variables, extra) => {
            let (merge, told) = Merge::read(variables, extra);
            if let Some(told) = told {
                emitter.emit(told.into());
            }
            Command::Merge(merge)
        }
        Computed::Error => Command::Error,
    });
    value.boxed()
}

/// The variable and `=` that a statement begins with.
fn target<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let (next, third) = (look(input, 1), look(input, 2));
        let Some(token) = look(input, 0).filter(|t| t.kind == Kind::Word) else { return Err(expected(input, Expect::Statement)) };
        let mut length = 2;
        if token.has(Flags::BEFORE_EQ) {
            if token.keyword.is_some_and(Keyword::statement) {
                report(input, names::keyword_target(token));
            }
        } else if let Some(double) =
            next.filter(|n| n.kind == Kind::EqEq && token.may_name() && third.is_some_and(|t| t.kind == Kind::Word))
        {
            let found = Diagnostic::new(&UNEXPECTED, double.span, "a variable is bound with a single `=`");
            report(input, found.fix("write `=`", double.span, "="));
        } else if next.is_some_and(|n| token.may_name() && begins_value(token, n)) {
            let found = Diagnostic::new(&UNEXPECTED, token.span, format!("`=` is missing behind `{}`", names::shorten(token.text)));
            report(input, found.fix("insert it", token.span.after(), " ="));
            length = 1;
        } else {
            return Err(expected(input, Expect::Statement));
        }
        if !words::is_variable(token.text) {
            report(input, names::bad_name(token, Expect::Variable));
        }
        (0..length).for_each(|_| input.skip());
        Ok(grammar::ident(token))
    })
}

/// Whether a yielding command follows a name on its line, where only `=` can be missing.
fn begins_value(name: &Token<'_>, next: &Token<'_>) -> bool {
    let yields = next.keyword.is_some_and(|k| k.class() == Class::Yield);
    name.keyword.is_none() && name.has(Flags::LINE_START) && yields && next.has(Flags::STRONG) && !next.has(Flags::LINE_START)
}

/// A literal after `=`, which no variable can hold: reported.
fn literal_value<'t>() -> impl Parser<'t, Tokens<'t>, Command, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind.is_text() || token.kind == Kind::Number => {
            let found = Diagnostic::new(&UNEXPECTED, token.span, "a variable holds entities, not a value");
            report(input, found.help("NEW makes entities out of values: `x = NEW process [{\"name\": \"cmd.exe\"}]`"));
            input.skip();
            Ok(Command::Error)
        }
        _ => Err(expected(input, Expect::Command)),
    })
}

/// A name or a merge that stands alone on its line: reported.
fn lone<'t>() -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let first = index(input) == 0;
        match look(input, 0) {
            Some(token) if (first || token.has(Flags::LINE_START)) && token.may_name() && !token.has(Flags::BEFORE_EQ) => {
                let next = look(input, 1);
                // What stands between them is no token, and was reported: `p | stats count`.
                if !next.is_some_and(|t| t.has(Flags::TAINTED)) {
                    report(input, lone_name(token, next.is_some_and(|t| t.kind == Kind::Plus)));
                }
                input.skip();
                Ok(())
            }
            _ => Err(expected(input, Expect::Statement)),
        }
    })
    .then_ignore(skip(Stop::Statement))
}

fn lone_name(token: &Token<'_>, sum: bool) -> Diagnostic {
    let text = names::shorten(token.text);
    let comment = token.text.starts_with("//") || token.text.starts_with("--");
    if comment {
        let found = Diagnostic::new(&NOT_A_STATEMENT, token.span, "comments begin with `#`");
        return found.fix("write `#`", grammar::sub(token.span, 0, 2), "#");
    }
    let start = Span { end: token.span.start, ..token.span };
    if sum {
        let found = Diagnostic::new(&NOT_A_STATEMENT, token.span, "a merge needs a variable to go to");
        return found.fix("bind it", start, "both = ");
    }
    let found = Diagnostic::new(&NOT_A_STATEMENT, token.span, format!("`{text}` alone is no statement"));
    if words::is_variable(token.text) {
        found.fix("show it", start, "DISP ")
    } else {
        found.help("a statement begins with a command or `name =`")
    }
}
