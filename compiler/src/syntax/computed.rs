//! WITH behind a variable: `FUNCTION(attr, literal, …) AS name, …`.

use super::ast::{FunctionCall, Ident, Literal};
use super::errors::fault::{Expect, Tokens};
use super::grammar::{
    Extra, Input, P, Stop, alias, attribute, called, closing, comma, expected, function, keyword, list, place, report, required,
    skip,
};
use super::literal;
use super::token::{Keyword, Kind};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::BAD_FUNCTION;
use crate::source::Span;
use chumsky::prelude::*;

/// The calls behind WITH. None in it: one could not be read, which was reported.
pub(super) fn calls<'t>() -> P<'t, Option<Vec<FunctionCall>>> {
    list(call(), Stop::List).map(|all| all?.into_iter().collect()).boxed()
}

/// `FUNCTION(attr, literal, …) AS name`
fn call<'t>() -> P<'t, Option<FunctionCall>> {
    let more = comma().ignore_then(literal::literal()).repeated().collect::<Vec<Literal>>();
    let inside = choice((nested().to(None).boxed(), attribute().then(more).map(Some).boxed()));
    let named = keyword(Keyword::As).ignore_then(required(alias(), Stop::List)).or_not();
    // Functions are compared in upper case, so the tree has them so.
    let function = function(Expect::Function, |_, word, span| Some(Ident { text: word.to_ascii_uppercase(), span }));
    function
        .then(required(inside, Stop::Close))
        .then_ignore(closing(Kind::CloseParen, Expect::CloseParen))
        .map_with(|head, e| (head, place(e.slice())))
        .then(named)
        .validate(|(((function, inside), span), named), _, emitter| {
            let (attribute, arguments) = inside.flatten()?;
            let Some(name) = named else {
                let name = default_name(&function, &attribute.text);
                let found = Diagnostic::new(&BAD_FUNCTION, span, "the new attribute needs a name");
                emitter.emit(found.fix("name it", span.after(), format!(" AS {name}")).into());
                return None;
            };
            let name = name?;
            let span = span.to(name.span);
            Some(FunctionCall { function, attribute, arguments, name, span })
        })
        .boxed()
}

/// A function where an attribute is needed: reported, and skipped.
fn nested<'t>() -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| match called(input) {
        Some(token) => {
            report(input, inner_function(token.span, token.text));
            Ok(())
        }
        None => Err(expected(input, Expect::Attribute)),
    })
    .then_ignore(skip(Stop::Close))
}

fn inner_function(span: Span, word: &str) -> Diagnostic {
    let word = word.to_ascii_uppercase();
    Diagnostic::new(&BAD_FUNCTION, span, "a function takes an attribute, not another function")
        .label("name this first")
        .help(format!("what is named before counts as an attribute: WITH {word}(…) AS first, LOWER(first) AS second"))
}

/// `lower_name`: the function and the attribute, as a column name.
fn default_name(function: &Ident, attribute: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let attribute: String = attribute.replace("[*]", "").chars().map(word).collect();
    format!("{}_{}", function.text.to_lowercase(), attribute.trim_matches('_'))
}
