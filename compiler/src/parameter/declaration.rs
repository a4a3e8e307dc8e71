//! Declarations of parameters in the leading comment.

use super::value;
use crate::diag::codes::parameters::{BAD_PARAMETER, REPEATED_PARAMETER};
use crate::diag::{Diagnostic, Severity, Sink};
use crate::front_matter::{self, Entry};
use crate::source::{SourceId, SourceSet, Span};
use crate::syntax::ast::Operands;
use crate::syntax::print;
use crate::syntax::words;

/// `# param: name = literal  # what it is for`
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Declaration {
    pub name: String,
    /// The place of the name.
    pub span: Span,
    /// The value unless another one is given; `None`: one must be given.
    pub(super) default: Option<Operands>,
    /// Whether the default could not be read, which was reported.
    pub(super) faulty: bool,
    /// What it is for.
    pub comment: Option<String>,
}

impl Declaration {
    /// What kind of value it has, in a word for people; of one that must be given nothing is known.
    pub fn kind(&self) -> &'static str {
        self.default.as_ref().map_or("any", value::word)
    }

    /// The default as a hunt writes it; `None`: a value must be given.
    pub fn default_text(&self) -> Option<String> {
        let mut out = String::new();
        print::operand(self.default.as_ref()?, &mut out);
        Some(out)
    }
}

/// The parameters that the leading comment of a text declares.
pub fn declared(sources: &SourceSet, id: SourceId, sink: &mut Sink) -> Vec<Declaration> {
    let text = &sources.get(id).text;
    let mut all: Vec<Declaration> = Vec::new();
    for entry in front_matter::entries(text, id).into_iter().filter(|entry| entry.key == front_matter::PARAMETER) {
        let Some(declaration) = read(&entry, id, text, sink) else { continue };
        if let Some(first) = all.iter().find(|known| known.name == declaration.name) {
            let message = format!("the parameter `{}` is declared twice", declaration.name);
            let told = Diagnostic::new(&REPEATED_PARAMETER, declaration.span, message).label("again");
            sink.report(told.also(first.span, "first here").help("keep one of the two lines"));
            continue;
        }
        all.push(declaration);
    }
    all
}

fn read(entry: &Entry<'_>, id: SourceId, text: &str, sink: &mut Sink) -> Option<Declaration> {
    let start = entry.span.start as usize;
    let head = entry.value.find(['=', '#']).unwrap_or(entry.value.len());
    let (written, rest) = entry.value.split_at(head);
    let name = written.trim();
    let span = Span::new(id, start, start + name.len());
    if !words::is_dashed(name) {
        let message =
            if name.is_empty() { "a parameter has no name".to_owned() } else { format!("`{name}` is no name of a parameter") };
        let told = Diagnostic::new(&BAD_PARAMETER, if name.is_empty() { entry.span } else { span }, message)
            .label("letters, digits, `_`, `-`");
        sink.report(told.help("a parameter is declared as `# param: days = 7  # how far back`"));
        return None;
    }
    let mut declaration = Declaration { name: name.to_owned(), span, default: None, faulty: false, comment: None };
    let Some(written) = rest.strip_prefix('=') else {
        declaration.comment = rest.strip_prefix('#').map(|comment| comment.trim().to_owned()).filter(|c| !c.is_empty());
        return Some(declaration);
    };
    let end = start + entry.value.len();
    let found = value::read(id, text, end - written.len()..end);
    let faulty = found.told.iter().any(|d| d.severity == Severity::Error);
    found.told.into_iter().for_each(|told| _ = sink.report(told));
    declaration.faulty = found.operands.is_none();
    if found.operands.is_none() && !faulty {
        let at = written.len() - written.trim_start().len();
        let literal = written.trim();
        let place = Span::new(id, end - written.len() + at, end - written.len() + at + literal.len());
        let told = Diagnostic::new(
            &BAD_PARAMETER,
            if literal.is_empty() { entry.span } else { place },
            format!("the value of `{name}` cannot be read"),
        );
        sink.report(told.label("no literal").help(value::FORMS));
    }
    declaration.default = found.operands;
    declaration.comment = found.comment;
    Some(declaration)
}
