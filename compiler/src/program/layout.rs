//! Lays statements and comments out in lines: a statement on one line where it fits, else on a line for each clause.

use crate::syntax::token::{Keyword, Kind};

/// Widest line that is not broken.
const WIDTH: usize = 100;
/// Indent of a clause.
const CLAUSE: usize = 4;
/// Indent of what does not fit on a clause's line.
const MORE: usize = 8;

/// A part of a file.
#[derive(Debug)]
pub(super) enum Item {
    Statement {
        pieces: Vec<Piece>,
        /// Whether an empty line stands before it.
        blank: bool,
    },
    /// A comment between statements.
    Comment {
        /// With its `#`.
        text: String,
        /// Whether an empty line stands before it.
        blank: bool,
        /// Whether it follows something on its line.
        trailing: bool,
    },
}

/// A part of a statement.
#[derive(Debug)]
pub(super) enum Piece {
    Text {
        text: String,
        role: Role,
    },
    /// A comment inside the statement.
    Comment {
        /// With its `#`.
        text: String,
        /// Whether it follows something on its line.
        trailing: bool,
    },
}

/// What a part of a statement is, for blanks and line breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Names, attributes, literals.
    Name,
    /// The name of an argument; it and its value touch the `=` between them.
    Argument,
    /// The `=` of an argument.
    Assigns,
    /// Keywords.
    Keyword(Keyword),
    /// A function before its parenthesis.
    Function,
    /// A unit of time, which touches its number if it is one letter.
    Unit,
    /// Everything else.
    Mark(Kind),
}

impl Piece {
    pub(super) fn new(text: &str, role: Role) -> Self {
        Self::Text { text: text.to_owned(), role }
    }

    pub(super) fn name(text: &str) -> Self {
        Self::new(text, Role::Name)
    }

    pub(super) fn keyword(keyword: Keyword) -> Self {
        Self::new(keyword.word(), Role::Keyword(keyword))
    }

    pub(super) fn function(text: &str) -> Self {
        Self::new(text, Role::Function)
    }

    pub(super) fn unit(text: &str) -> Self {
        Self::new(text, Role::Unit)
    }

    pub(super) fn mark(kind: Kind, text: &str) -> Self {
        Self::new(text, Role::Mark(kind))
    }
}

/// Whether a blank stands between two parts.
fn spaced(before: Role, text: &str, role: Role) -> bool {
    let opens =
        matches!(before, Role::Function | Role::Assigns | Role::Mark(Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace));
    let closes = matches!(role, Role::Mark(Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace | Kind::Comma | Kind::Colon));
    let unit = role == Role::Unit && text.len() == 1 && before == Role::Mark(Kind::Number);
    !opens && !closes && !unit && role != Role::Assigns
}

/// The text of a file.
pub(super) fn lay_out(items: Vec<Item>) -> String {
    let mut out = String::new();
    for item in items {
        match item {
            Item::Comment { text, trailing: true, .. } => {
                if out.ends_with('\n') {
                    out.pop();
                    out.push_str("  ");
                }
                out.push_str(&text);
            }
            Item::Comment { text, blank, .. } => {
                out.push_str(if blank && !out.is_empty() { "\n" } else { "" });
                out.push_str(&text);
            }
            Item::Statement { pieces, blank } => {
                out.push_str(if blank && !out.is_empty() { "\n" } else { "" });
                statement(&pieces, &mut out);
            }
        }
        out.push('\n');
    }
    out
}

fn statement(pieces: &[Piece], out: &mut String) {
    if let Some(line) = one_line(pieces).filter(|line| width(line) <= WIDTH) {
        return out.push_str(&line);
    }
    let mut lines = Lines { out, column: 0, indent: 0, last: None, fresh: true };
    let mut depth = 0_usize;
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Comment { text, trailing } => lines.comment(text, *trailing),
            Piece::Text { text, role } => {
                match role {
                    Role::Mark(kind) if kind.closes() => depth = depth.saturating_sub(1),
                    Role::Keyword(keyword) if depth == 0 && index > 0 && breaks(*keyword) => lines.new_line(CLAUSE),
                    _ => {}
                }
                if may_break(lines.last, *role) && !lines.fresh {
                    let rest = width_to_break(&pieces[index..], depth);
                    if lines.column + 1 + rest > WIDTH {
                        lines.new_line(MORE);
                    }
                }
                lines.text(text, *role);
                if let Role::Mark(kind) = role
                    && kind.opens()
                {
                    depth += 1;
                }
            }
        }
    }
}

/// Whether a line may be broken between two parts: before AND, OR and FOLLOWEDBY, and after a comma.
fn may_break(before: Option<Role>, role: Role) -> bool {
    matches!(role, Role::Keyword(Keyword::And | Keyword::Or | Keyword::FollowedBy)) || before == Some(Role::Mark(Kind::Comma))
}

/// Width of the parts before the next place where the line may be broken.
fn width_to_break(pieces: &[Piece], depth: usize) -> usize {
    let mut total = 0;
    let mut before = None;
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Text { text, role } = piece else { break };
        let clause = matches!(role, Role::Keyword(keyword) if depth == 0 && breaks(*keyword));
        if index > 0 && (may_break(before, *role) || clause) {
            break;
        }
        total += width(text) + usize::from(before.is_some_and(|b| spaced(b, text, *role)));
        before = Some(*role);
    }
    total
}

/// Width in characters.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// The statement on one line; None where it holds a comment.
fn one_line(pieces: &[Piece]) -> Option<String> {
    let mut out = String::new();
    let mut lines = Lines { out: &mut out, column: 0, indent: 0, last: None, fresh: true };
    for piece in pieces {
        let Piece::Text { text, role } = piece else { return None };
        lines.text(text, *role);
    }
    Some(out)
}

/// Lines as they are written.
struct Lines<'o> {
    out: &'o mut String,
    column: usize,
    indent: usize,
    last: Option<Role>,
    /// Whether nothing stands on the line yet.
    fresh: bool,
}

impl Lines<'_> {
    fn new_line(&mut self, indent: usize) {
        self.indent = indent;
        if self.fresh {
            return;
        }
        self.out.push('\n');
        self.column = 0;
        self.fresh = true;
    }

    fn text(&mut self, text: &str, role: Role) {
        if self.fresh {
            let indent = if self.out_is_start() { 0 } else { self.indent };
            self.out.push_str(&" ".repeat(indent));
            self.column = indent;
        } else if self.last.is_none_or(|before| spaced(before, text, role)) {
            self.out.push(' ');
            self.column += 1;
        }
        self.out.push_str(text);
        self.column += width(text);
        self.last = Some(role);
        self.fresh = false;
    }

    /// Whether nothing of the statement is written yet.
    fn out_is_start(&self) -> bool {
        self.last.is_none()
    }

    /// A comment ends its line; what follows is indented.
    fn comment(&mut self, text: &str, trailing: bool) {
        let indent = if self.indent == 0 { CLAUSE } else { self.indent };
        if trailing && !self.fresh {
            self.out.push_str("  ");
        } else {
            self.new_line(indent);
            self.out.push_str(&" ".repeat(indent));
        }
        self.out.push_str(text);
        self.out.push('\n');
        self.column = 0;
        self.fresh = true;
        self.indent = if self.indent == 0 { CLAUSE } else { MORE };
    }
}

/// Whether a keyword begins a line of its own in a statement that is broken over lines.
fn breaks(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::Where
            | Keyword::Attr
            | Keyword::Sort
            | Keyword::Limit
            | Keyword::Offset
            | Keyword::Start
            | Keyword::Last
            | Keyword::With
    )
}
