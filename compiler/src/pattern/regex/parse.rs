//! Reads PCRE syntax into the normal form.
//!
//! It takes the part of PCRE2 that the text of one attribute can need. `.` matches newlines unless `(?-s)`, classes are ASCII,
//! `(?i)` folds ASCII letters only. Anything else of PCRE is refused by name rather than read as something else.

use super::ast::{Greed, Place, RegexNode, Set};
use super::error::RegexError;

/// Deepest nesting of groups, which bounds the recursion of everything that walks the tree.
const DEEPEST: usize = 100;
/// Most turns of a counted repetition, as in PCRE.
const MOST_TURNS: u32 = 65_535;

/// Settings that `(?imsx)` change, up to the end of the group.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a letter of its own in PCRE")]
pub(super) struct InlineFlags {
    pub(super) fold: bool,
    multi_line: bool,
    dot_all: bool,
    extended: bool,
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) flags: InlineFlags,
    /// Capturing groups of the whole pattern, counted beforehand because the meaning of `\10` depends on it.
    groups: u32,
    /// Names of the groups opened so far.
    names: Vec<(String, u32)>,
    opened: u32,
    depth: usize,
}

/// The tree of a pattern.
pub(super) fn parse(text: &str, fold: bool) -> Result<RegexNode, RegexError> {
    let flags = InlineFlags { fold, multi_line: false, dot_all: true, extended: false };
    let groups = count_groups(text);
    let mut parser = Parser { text, at: 0, flags, groups, names: Vec::new(), opened: 0, depth: 0 };
    let node = parser.alternation()?;
    if parser.peek().is_some() {
        return Err(parser.error("this `)` closes nothing"));
    }
    Ok(node)
}

/// The number of capturing groups of a pattern, by a scan for `(`.
fn count_groups(text: &str) -> u32 {
    let mut count = 0;
    let mut rest = text;
    let mut class = false;
    while let Some(c) = rest.chars().next() {
        let skip = if c == '\\' { rest.chars().nth(1).map_or(0, char::len_utf8) } else { 0 };
        rest = &rest[c.len_utf8() + skip..];
        match c {
            '[' => class = true,
            ']' => class = false,
            '(' if !class => {
                let named = |p: &str| rest.strip_prefix(p).is_some_and(|r| !r.starts_with(['=', '!']));
                let plain = !rest.starts_with(['?', '*']);
                count += u32::from(plain || named("?<") || named("?'") || rest.starts_with("?P<"));
            }
            _ => {}
        }
    }
    count
}

impl Parser<'_> {
    pub(super) fn error(&self, message: impl Into<String>) -> RegexError {
        RegexError { message: message.into(), offset: self.at }
    }

    pub(super) fn error_at(offset: usize, message: impl Into<String>) -> RegexError {
        RegexError { message: message.into(), offset }
    }

    pub(super) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes a text if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn alternation(&mut self) -> Result<RegexNode, RegexError> {
        let mut parts = vec![self.concat()?];
        while self.eat("|") {
            parts.push(self.concat()?);
        }
        Ok(RegexNode::alternation(parts))
    }

    fn concat(&mut self) -> Result<RegexNode, RegexError> {
        let mut parts = Vec::new();
        loop {
            self.skip_extended();
            match self.peek() {
                None | Some('|' | ')') => return Ok(RegexNode::concat(parts)),
                Some(_) => {}
            }
            if let Some(literals) = self.quoted() {
                parts.extend(literals);
            } else if let Some(atom) = self.atom()? {
                parts.push(atom);
            } else {
                continue;
            }
            if let Some(last) = parts.pop() {
                parts.push(self.quantified(last)?);
            }
        }
    }

    /// Skips blanks and comments under `(?x)`, and `(?#…)`.
    fn skip_extended(&mut self) {
        loop {
            if self.rest().starts_with("(?#")
                && let Some(end) = self.rest().find(')')
            {
                self.at += end + 1;
                continue;
            }
            match self.peek() {
                Some(c) if self.flags.extended && matches!(c, '\t'..='\r' | ' ') => self.at += c.len_utf8(),
                Some('#') if self.flags.extended => {
                    let line = self.rest().find('\n').map_or(self.rest().len(), |n| n + 1);
                    self.at += line;
                }
                _ => return,
            }
        }
    }

    /// `\Q…\E`: characters that stand for themselves.
    fn quoted(&mut self) -> Option<Vec<RegexNode>> {
        if !self.eat("\\Q") {
            return None;
        }
        let end = self.rest().find("\\E").unwrap_or(self.rest().len());
        let literals = self.rest()[..end].chars().map(|c| self.literal(c)).collect();
        self.at += end;
        self.eat("\\E");
        Some(literals)
    }

    pub(super) fn literal(&self, c: char) -> RegexNode {
        RegexNode::Set(self.folded(Set::one(c)))
    }

    pub(super) fn folded(&self, set: Set) -> Set {
        if self.flags.fold { set.folded() } else { set }
    }

    /// One item, without its quantifier; None for a change of flags.
    fn atom(&mut self) -> Result<Option<RegexNode>, RegexError> {
        let start = self.at;
        let Some(c) = self.next() else { return Ok(None) };
        Ok(Some(match c {
            '.' if self.flags.dot_all => RegexNode::Set(Set::any()),
            '.' => RegexNode::Set(Set::one('\n').negated()),
            '^' if self.flags.multi_line => RegexNode::At(Place::LineStart),
            '^' => RegexNode::At(Place::Start),
            '$' if self.flags.multi_line => RegexNode::At(Place::LineEnd),
            '$' => RegexNode::At(Place::EndOrNewline),
            '[' => RegexNode::Set(self.class(start)?),
            '(' => return self.group(start),
            '\\' => return self.escape(start).map(Some),
            '*' | '+' | '?' => return Err(Self::error_at(start, format!("there is nothing to repeat before `{c}`"))),
            c => self.literal(c),
        }))
    }

    fn quantified(&mut self, node: RegexNode) -> Result<RegexNode, RegexError> {
        self.skip_extended();
        let start = self.at;
        let Some((min, max)) = self.turns()? else { return Ok(node) };
        if max.is_some_and(|max| min > max) {
            return Err(Self::error_at(start, "the least number of turns is greater than the most"));
        }
        let possessive = self.eat("+");
        let greed = if !possessive && self.eat("?") { Greed::Lazy } else { Greed::Greedy };
        let before = self.at;
        self.skip_extended();
        if self.turns()?.is_some() {
            return Err(Self::error_at(before, "one repetition directly after another; put the first in `(?:…)`"));
        }
        self.at = before;
        if node.takes_nothing() && max != Some(0) {
            // An item that takes no characters matches or not, however often it is repeated; only what its groups hold may
            // differ.
            return Ok(match (min, greed) {
                (0, Greed::Greedy) => RegexNode::Alternation(vec![node, RegexNode::EMPTY]),
                (0, Greed::Lazy) => RegexNode::Alternation(vec![RegexNode::EMPTY, node]),
                _ => node,
            });
        }
        let repeat = RegexNode::Repeat { node: Box::new(node), min, max, greed };
        Ok(if possessive { RegexNode::Atomic(Box::new(repeat)) } else { repeat })
    }

    /// `*`, `+`, `?`, `{n}`, `{n,}`, `{,m}`, `{n,m}`; any other `{` stands for itself.
    fn turns(&mut self) -> Result<Option<(u32, Option<u32>)>, RegexError> {
        let start = self.at;
        Ok(Some(match self.peek() {
            Some('*') => {
                self.at += 1;
                (0, None)
            }
            Some('+') => {
                self.at += 1;
                (1, None)
            }
            Some('?') => {
                self.at += 1;
                (0, Some(1))
            }
            Some('{') => {
                let Some(end) = self.rest().find('}') else { return Ok(None) };
                let inner = &self.rest()[1..end];
                let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
                let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
                if !digits(low) || !digits(high) || (low.is_empty() && high.is_empty()) {
                    return Ok(None);
                }
                let number = |text: &str| {
                    let number = text.parse().ok().filter(|n| *n <= MOST_TURNS);
                    number.ok_or_else(|| Self::error_at(start, format!("more than {MOST_TURNS} turns")))
                };
                let min = if low.is_empty() { 0 } else { number(low)? };
                let max = if high.is_empty() { None } else { Some(number(high)?) };
                self.at += end + 1;
                (min, max)
            }
            _ => return Ok(None),
        }))
    }

    /// Reads what begins with `(`, which is read already.
    fn group(&mut self, start: usize) -> Result<Option<RegexNode>, RegexError> {
        let outer = self.flags;
        let refused = |what: &str| Err(Self::error_at(start, format!("{what} is not supported")));
        if self.eat("*") {
            return refused("a verb such as `(*SKIP)`");
        }
        if !self.eat("?") {
            return self.capture(start, None).map(Some);
        }
        let look = |ahead, negated| move |node| RegexNode::Look { ahead, negated, node: Box::new(node) };
        if self.eat("<=") {
            return self.inside(start, look(false, false)).map(Some);
        }
        if self.eat("<!") {
            return self.inside(start, look(false, true)).map(Some);
        }
        if self.eat("P=") {
            return self.reference_by_name(start, ")").map(Some);
        }
        for (open, close) in [("P<", ">"), ("<", ">"), ("'", "'")] {
            if self.eat(open) {
                let name = self.name(start, close)?;
                return self.capture(start, Some(name)).map(Some);
            }
        }
        match self.peek() {
            Some(':') => {
                self.at += 1;
                self.inside(start, |node| node).map(Some)
            }
            Some(c @ ('=' | '!')) => {
                self.at += 1;
                self.inside(start, look(true, c == '!')).map(Some)
            }
            Some('>') => {
                self.at += 1;
                self.inside(start, |node| RegexNode::Atomic(Box::new(node))).map(Some)
            }
            Some('|') => refused("`(?|`"),
            Some('(') => refused("a condition `(?(…)`"),
            Some('R' | '&' | '+' | '0'..='9' | 'P') => refused("recursion"),
            Some('-') if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => refused("recursion"),
            Some('C') => refused("a callout"),
            _ => {
                if self.change_flags(start)? {
                    return Ok(None);
                }
                let node = self.inside(start, |node| node)?;
                self.flags = outer;
                Ok(Some(node))
            }
        }
    }

    /// Reads `imsx-imsx` after `(?`, and the `:` or `)` at its end. Gives whether that was a `)`.
    fn change_flags(&mut self, start: usize) -> Result<bool, RegexError> {
        let mut on = true;
        if self.eat("^") {
            let fold = false;
            self.flags = InlineFlags { fold, multi_line: false, dot_all: true, extended: false };
        }
        loop {
            match self.peek() {
                Some('i') => self.flags.fold = on,
                Some('m') => self.flags.multi_line = on,
                Some('s') => self.flags.dot_all = on,
                Some('x') => self.flags.extended = on,
                // Classes are ASCII already.
                Some('a') if on => {}
                Some('-') if on => on = false,
                Some(c @ (':' | ')')) => {
                    self.at += 1;
                    return Ok(c == ')');
                }
                Some(c) => return Err(self.error(format!("`{c}` is no flag; there are `i`, `m`, `s`, `x`"))),
                None => return Err(Self::error_at(start, "this `(` is not closed")),
            }
            self.at += 1;
        }
    }

    fn capture(&mut self, start: usize, name: Option<String>) -> Result<RegexNode, RegexError> {
        self.opened += 1;
        if let Some(name) = name {
            if self.names.iter().any(|(known, _)| *known == name) {
                return Err(Self::error_at(start, format!("two groups are called `{name}`")));
            }
            self.names.push((name, self.opened));
        }
        self.inside(start, |node| RegexNode::Group(Box::new(node)))
    }

    /// The rest of a group whose opening is read.
    fn inside(&mut self, start: usize, wrap: impl FnOnce(RegexNode) -> RegexNode) -> Result<RegexNode, RegexError> {
        if self.depth == DEEPEST {
            return Err(Self::error_at(start, format!("groups inside groups, {DEEPEST} deep")));
        }
        let outer = self.flags;
        self.depth += 1;
        let node = self.alternation()?;
        self.depth -= 1;
        self.flags = outer;
        if self.eat(")") { Ok(wrap(node)) } else { Err(Self::error_at(start, "this `(` is not closed")) }
    }

    /// A group's name up to its closing mark.
    fn name(&mut self, start: usize, close: &str) -> Result<String, RegexError> {
        let end = self.rest().find(close).unwrap_or(0);
        let name = self.rest()[..end].to_owned();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(word) {
            return Err(Self::error_at(start, "a group's name is letters, digits and `_`, no digit first"));
        }
        self.at += end + close.len();
        Ok(name)
    }

    pub(super) fn reference_by_name(&mut self, start: usize, close: &str) -> Result<RegexNode, RegexError> {
        let name = self.name(start, close)?;
        match self.names.iter().find(|(known, _)| *known == name) {
            Some((_, group)) => Ok(RegexNode::Backreference { group: *group, fold: self.flags.fold }),
            None => Err(Self::error_at(start, format!("no group before this is called `{name}`"))),
        }
    }

    /// A reference to a group by number; a negative one counts back.
    pub(super) fn reference(&self, start: usize, number: i64) -> Result<RegexNode, RegexError> {
        let group = if number < 0 { i64::from(self.opened) + 1 + number } else { number };
        match u32::try_from(group) {
            Ok(group) if group >= 1 && group <= self.groups => Ok(RegexNode::Backreference { group, fold: self.flags.fold }),
            _ => Err(Self::error_at(start, format!("there is no group {group}"))),
        }
    }

    /// Whether `\N` is a back-reference rather than an octal number.
    pub(super) fn is_reference(&self, number: u32) -> bool {
        number < 10 || number <= self.groups
    }
}
