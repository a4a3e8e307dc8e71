//! Prints a pattern as a query on whole values: a term, a wildcard or a regular expression of Lucene.
//!
//! Only what all servers read alike is printed (`flags: NONE`): `.`, classes of characters, `|`, `( )`, `? * + {n,m}`,
//! backslashes before punctuation alone, control characters as they are, both cases written out. Sources: the class
//! documentation of `org.apache.lucene.util.automaton.RegExp`, Elasticsearch reference "Regular expression syntax".

use super::ast::{RegexNode, Set};
use super::pieces::{Re, whole};
use super::states;
use crate::pattern::wildcard::push_wildcard_literal;
use std::fmt::Write;

/// `index.max_regex_length` of servers, in UTF-16 units.
const LONGEST: usize = 1_000;
/// What stands behind a backslash in a class.
const ESCAPED_IN_CLASSES: &str = "\\][^-\"";
/// Most turns of a counted repetition that are written out in a wildcard.
const MOST_COPIES: u32 = 32;

/// How far a query decides a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lucene {
    /// The query finds exactly the values that match.
    Exact(LuceneLeaf),
    /// The query finds the values that match, and maybe others. It must not be negated.
    Superset(LuceneLeaf),
    /// No query narrows it down: any value may match.
    Everything,
    /// No value matches.
    Nothing,
}

/// A query on one keyword field.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum LuceneLeaf {
    /// The value itself.
    Term {
        text: String,
        /// Whether ASCII letters match in either case.
        fold: bool,
    },
    /// Any value.
    Exists,
    Wildcard {
        /// In the syntax of `wildcard` queries, never empty.
        pattern: String,
        /// Whether ASCII letters match in either case.
        fold: bool,
    },
    /// A regexp query, flags `NONE`, at most 1,000 characters.
    Regexp(String),
}

/// The query for a pattern.
pub(super) fn translate(node: &RegexNode) -> Lucene {
    if let Some(whole) = whole(node) {
        if whole.re == Re::Choice(Vec::new()) {
            return Lucene::Nothing;
        }
        let leaf = plain(&whole.re).or_else(|| {
            let mut out = String::new();
            print(&whole.re, &mut out);
            (out.encode_utf16().count() <= LONGEST).then_some(LuceneLeaf::Regexp(out))
        });
        match leaf {
            Some(LuceneLeaf::Exists) if !whole.exact => return Lucene::Everything,
            // Servers build automata of wildcards too, and refuse large ones.
            Some(leaf) if states::are_few(&whole.re) => {
                return if whole.exact { Lucene::Exact(leaf) } else { Lucene::Superset(leaf) };
            }
            _ => {}
        }
    }
    required(node).map_or(Lucene::Everything, Lucene::Superset)
}

/// A query for the longest text that every match holds, wherever in the value it stands.
pub(super) fn required(node: &RegexNode) -> Option<LuceneLeaf> {
    let mut required = Required::default();
    required.node(node);
    required.end_run();
    if required.longest.is_empty() {
        return None;
    }
    let fold = required.longest.iter().any(|(_, both)| *both);
    let mut pattern = String::from("*");
    for (c, _) in &required.longest {
        push_wildcard_literal(&mut pattern, *c);
    }
    pattern.push('*');
    Some(LuceneLeaf::Wildcard { pattern, fold })
}

/// The expression as a term, wildcard or `exists`, if it is only characters, `.` and `.*`.
fn plain(re: &Re) -> Option<LuceneLeaf> {
    let mut wildcard = Wildcard { pattern: String::new(), text: String::new(), wild: false, fold: false, single: false };
    wildcard.add(re)?;
    if wildcard.fold && wildcard.single {
        return None;
    }
    let Wildcard { pattern, text, wild, fold, .. } = wildcard;
    Some(match &*pattern {
        "*" if wild => LuceneLeaf::Exists,
        _ if wild => LuceneLeaf::Wildcard { pattern, fold },
        _ => LuceneLeaf::Term { text, fold },
    })
}

struct Wildcard {
    pattern: String,
    /// The pattern without escapes.
    text: String,
    wild: bool,
    /// A letter in both cases was seen.
    fold: bool,
    /// A letter in one case was seen.
    single: bool,
}

impl Wildcard {
    fn add(&mut self, re: &Re) -> Option<()> {
        match re {
            Re::Set(set) if set.is_any() => {
                self.wild = true;
                self.pattern.push('?');
            }
            Re::Set(set) => {
                let (c, both) = set.letter()?;
                self.fold |= both;
                self.single |= !both && c.is_ascii_alphabetic();
                push_wildcard_literal(&mut self.pattern, c);
                self.text.push(c);
            }
            Re::Row(parts) => parts.iter().try_for_each(|part| self.add(part))?,
            Re::Repeat(inner, min, max) if *min <= MOST_COPIES => {
                (0..*min).try_for_each(|_| self.add(inner))?;
                match max {
                    Some(max) if max == min => {}
                    None if matches!(&**inner, Re::Set(set) if set.is_any()) => {
                        self.wild = true;
                        self.pattern.push('*');
                    }
                    _ => return None,
                }
            }
            Re::Repeat(..) | Re::Choice(_) => return None,
        }
        Some(())
    }
}

/// Prints an expression in Lucene's syntax.
fn print(re: &Re, out: &mut String) {
    match re {
        Re::Set(set) => print_set(set, out),
        Re::Row(parts) if parts.is_empty() => out.push_str("()"),
        Re::Row(parts) => {
            for part in parts {
                print_grouped(part, matches!(part, Re::Choice(_)), out);
            }
        }
        Re::Choice(parts) => {
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    out.push('|');
                }
                print(part, out);
            }
        }
        Re::Repeat(inner, min, max) => {
            print_grouped(inner, !matches!(**inner, Re::Set(_)), out);
            let _ = match (min, max) {
                (0, None) => write!(out, "*"),
                (1, None) => write!(out, "+"),
                (0, Some(1)) => write!(out, "?"),
                (min, None) => write!(out, "{{{min},}}"),
                (min, Some(max)) if min == max => write!(out, "{{{min}}}"),
                (min, Some(max)) => write!(out, "{{{min},{max}}}"),
            };
        }
    }
}

fn print_grouped(re: &Re, grouped: bool, out: &mut String) {
    if grouped {
        out.push('(');
    }
    print(re, out);
    if grouped {
        out.push(')');
    }
}

fn print_set(set: &Set, out: &mut String) {
    if set.is_any() {
        return out.push('.');
    }
    if let Some((c, false)) = set.letter() {
        return push_escaped(out, c, ".?+*|{}[]()\"\\#@&<>~^$");
    }
    out.push('[');
    let negated = set.contains(char::MAX);
    let set = if negated { set.clone().negated() } else { set.clone() };
    if negated {
        out.push('^');
    }
    for (low, high) in set.iter() {
        // To Lucene 9 an escaped character begins no range: `[\]-x]` is three characters. So ranges begin behind those.
        let mut low = Some(low);
        while let Some(c) = low.filter(|c| *c < high && ESCAPED_IN_CLASSES.contains(*c)) {
            push_escaped(out, c, ESCAPED_IN_CLASSES);
            low = char::from_u32(u32::from(c) + 1);
        }
        let Some(low) = low else { continue };
        push_escaped(out, low, ESCAPED_IN_CLASSES);
        if low < high {
            out.push('-');
            push_escaped(out, high, ESCAPED_IN_CLASSES);
        }
    }
    out.push(']');
}

fn push_escaped(out: &mut String, c: char, special: &str) {
    if special.contains(c) {
        out.push('\\');
    }
    out.push(c);
}

/// The longest text, letters in either case, that every match holds.
#[derive(Default)]
struct Required {
    run: Vec<(char, bool)>,
    longest: Vec<(char, bool)>,
}

impl Required {
    fn node(&mut self, node: &RegexNode) {
        match node {
            RegexNode::Set(set) => match set.letter() {
                Some(letter) => self.run.push(letter),
                None => self.end_run(),
            },
            // Neither takes characters: what stands around them is adjacent.
            RegexNode::At(_) | RegexNode::Look { .. } => {}
            RegexNode::Concat(parts) => parts.iter().for_each(|part| self.node(part)),
            RegexNode::Group(inner) | RegexNode::Atomic(inner) => self.node(inner),
            RegexNode::Repeat { node, min, max, .. } => {
                if *min == 1 && *max == Some(1) {
                    return self.node(node);
                }
                self.end_run();
                if *min > 0 {
                    self.node(node);
                    self.end_run();
                }
            }
            RegexNode::Alternation(_) | RegexNode::Backreference { .. } => self.end_run(),
        }
    }

    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.len() > self.longest.len() {
            self.longest = run;
        }
    }
}
