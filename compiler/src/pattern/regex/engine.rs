//! Matches values: the normal form printed for the `regex` crate, or for `fancy-regex` where no automaton decides it.

use super::ast::{Greed, Place, RegexNode, Set, WORD};
use super::error::{MatchError, RegexError, TOO_LARGE};
use std::fmt::Write;

/// Most steps that one value may take in the engine that backtracks.
const MOST_STEPS: usize = 1_000_000;
/// Most bytes of a compiled expression.
const LARGEST: usize = 8 << 20;

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    /// Linear in the value's length.
    Automaton(regex::Regex),
    /// For look-around, back-references and atomic groups.
    Backtracking(Box<fancy_regex::Regex>),
}

impl Engine {
    /// With `groups`, what groups find can be asked for.
    pub(super) fn new(node: &RegexNode, groups: bool) -> Result<Self, RegexError> {
        // Where it is asked what was found, a newline that is only looked at must not be part of that.
        let fancy = !node.is_regular() || node.has_inner_end(!groups);
        let mut printer = Printer { out: String::new(), fancy, groups: groups || fancy };
        printer.node(node);
        let error = |message: &str| RegexError { message: message.to_owned(), offset: 0 };
        if !printer.fancy {
            let compiled = regex::RegexBuilder::new(&printer.out).size_limit(LARGEST).build();
            return compiled.map(Self::Automaton).map_err(|e| match e {
                regex::Error::CompiledTooBig(_) => error(TOO_LARGE),
                _ => error("the expression cannot be compiled"),
            });
        }
        let mut builder = fancy_regex::RegexBuilder::new(&printer.out);
        builder.backtrack_limit(MOST_STEPS).delegate_size_limit(LARGEST);
        builder.build().map(|r| Self::Backtracking(Box::new(r))).map_err(|e| match e {
            fancy_regex::Error::CompileError(fancy_regex::CompileError::LookBehindNotConst) => {
                error("what a look-behind finds must have a fixed length")
            }
            fancy_regex::Error::CompileError(_) => error(TOO_LARGE),
            _ => error("the expression cannot be compiled"),
        })
    }

    /// What the first group found where the expression is found first; without a group, all that it found. `None`: it is not
    /// found, or the group is in a part that was not needed.
    pub(super) fn first_group<'v>(&self, value: &'v str) -> Result<Option<&'v str>, MatchError> {
        match self {
            Self::Automaton(regex) => {
                let group = usize::from(regex.captures_len() > 1);
                Ok(regex.captures(value).and_then(|found| found.get(group)).map(|m| m.as_str()))
            }
            Self::Backtracking(regex) => {
                let group = usize::from(regex.captures_len() > 1);
                let found = regex.captures(value).map_err(|_| MatchError)?;
                Ok(found.and_then(|found| found.get(group)).map(|m| m.as_str()))
            }
        }
    }

    pub(super) fn is_match(&self, value: &str) -> Result<bool, MatchError> {
        match self {
            Self::Automaton(regex) => Ok(regex.is_match(value)),
            Self::Backtracking(regex) => regex.is_match(value).map_err(|_| MatchError),
        }
    }
}

struct Printer {
    out: String,
    fancy: bool,
    /// Whether it matters what groups find: to back-references, or to whoever asks.
    groups: bool,
}

impl Printer {
    fn node(&mut self, node: &RegexNode) {
        match node {
            RegexNode::Set(set) => self.set(set),
            RegexNode::At(place) => self.place(*place),
            RegexNode::Concat(parts) => {
                for part in parts {
                    let grouped = matches!(part, RegexNode::Alternation(_));
                    self.wrapped(if grouped { "(?:" } else { "" }, part);
                }
            }
            RegexNode::Alternation(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        self.out.push('|');
                    }
                    self.node(part);
                }
            }
            RegexNode::Repeat { node, min, max, greed } => {
                self.wrapped("(?:", node);
                let _ = match max {
                    Some(max) => write!(self.out, "{{{min},{max}}}"),
                    None => write!(self.out, "{{{min},}}"),
                };
                if *greed == Greed::Lazy {
                    self.out.push('?');
                }
            }
            RegexNode::Group(node) => self.wrapped(if self.groups { "(" } else { "(?:" }, node),
            RegexNode::Look { ahead, negated, node } => {
                let open = match (ahead, negated) {
                    (true, false) => "(?=",
                    (true, true) => "(?!",
                    (false, false) => "(?<=",
                    (false, true) => "(?<!",
                };
                self.wrapped(open, node);
            }
            RegexNode::Atomic(node) => self.wrapped("(?>", node),
            RegexNode::Backreference { group, fold } => {
                let _ = if *fold { write!(self.out, "(?i:\\{group})") } else { write!(self.out, "(?:\\{group})") };
            }
        }
    }

    fn wrapped(&mut self, open: &str, node: &RegexNode) {
        self.out.push_str(open);
        self.node(node);
        if !open.is_empty() {
            self.out.push(')');
        }
    }

    fn set(&mut self, set: &Set) {
        if set.is_any() {
            return self.out.push_str("(?s:.)");
        }
        if let Some((c, false)) = set.letter() {
            return self.char(c);
        }
        if set.is_none() {
            return self.out.push_str("[^\\x{0}-\\x{10FFFF}]");
        }
        self.out.push('[');
        for (low, high) in set.iter() {
            self.char(low);
            if low < high {
                self.out.push('-');
                self.char(high);
            }
        }
        self.out.push(']');
    }

    fn char(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || !c.is_ascii() {
            self.out.push(c);
        } else {
            let _ = write!(self.out, "\\x{{{:X}}}", u32::from(c));
        }
    }

    fn place(&mut self, place: Place) {
        let word = RegexNode::Set(Set::ranges(WORD));
        let boundary = |printer: &mut Self, differs: bool| {
            for (i, (before, after)) in [("(?<=", "(?="), ("(?<!", "(?!")].into_iter().enumerate() {
                let after = if differs { ["(?!", "(?="][i] } else { after };
                printer.out.push_str(["(?:", "|"][i]);
                printer.wrapped(before, &word);
                printer.wrapped(after, &word);
            }
            printer.out.push(')');
        };
        match place {
            Place::Start => self.out.push_str("\\A"),
            Place::End => self.out.push_str("\\z"),
            // `regex` has no look-ahead, so the newline is consumed. That is right at the end of the expression only.
            Place::EndOrNewline if self.fancy => self.out.push_str("(?=\\n?\\z)"),
            Place::EndOrNewline => self.out.push_str("(?:\\n?\\z)"),
            Place::LineStart => self.out.push_str("(?m:^)"),
            Place::LineEnd => self.out.push_str("(?m:$)"),
            Place::Boundary if self.fancy => boundary(self, true),
            Place::NotBoundary if self.fancy => boundary(self, false),
            Place::Boundary => self.out.push_str("(?-u:\\b)"),
            Place::NotBoundary => self.out.push_str("(?-u:\\B)"),
        }
    }
}
