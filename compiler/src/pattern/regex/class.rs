//! Reads escapes and character classes of PCRE.

use super::ast::{DIGIT, Greed, Place, RegexNode, SPACE, Set, WORD};
use super::error::RegexError;
use super::parse::Parser;

/// The sets that POSIX names.
const POSIX: &[(&str, &[(char, char)])] = &[
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7f')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1f'), ('\x7f', '\x7f')]),
    ("digit", DIGIT),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", SPACE),
    ("upper", &[('A', 'Z')]),
    ("word", WORD),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

/// What `\h` and `\v` stand for, in ASCII.
const HORIZONTAL: &[(char, char)] = &[('\t', '\t'), (' ', ' ')];
const VERTICAL: &[(char, char)] = &[('\n', '\r')];

/// A member of a class.
enum Member {
    Char(char),
    Set(Set),
}

impl Parser<'_> {
    /// Reads a class; its `[` is read already.
    pub(super) fn class(&mut self, start: usize) -> Result<Set, RegexError> {
        let open = || Self::error_at(start, "this `[` is not closed");
        let negated = self.eat("^");
        let mut set = Set::none();
        let mut first = true;
        loop {
            if !first && self.eat("]") {
                break;
            }
            first = false;
            if self.eat("\\Q") {
                let end = self.rest().find("\\E").ok_or_else(open)?;
                let literals: Vec<_> = self.rest()[..end].chars().map(|c| (c, c)).collect();
                set.add(&Set::ranges(&literals));
                self.at += end + 2;
                continue;
            }
            let from = self.at;
            let low = match self.member(start)? {
                Member::Set(part) => {
                    set.add(&part);
                    continue;
                }
                Member::Char(c) => c,
            };
            // A hyphen makes a range unless it ends the class.
            let range = self.rest().starts_with('-') && !self.rest()[1..].starts_with(']') && self.rest().len() > 1;
            if !range {
                set.add(&Set::one(low));
                continue;
            }
            self.at += 1;
            match self.member(start)? {
                Member::Char(high) if low <= high => set.add(&Set::ranges(&[(low, high)])),
                Member::Char(high) => {
                    return Err(Self::error_at(from, format!("the range `{low}-{high}` runs backwards")));
                }
                Member::Set(part) => {
                    set.add(&Set::ranges(&[(low, low), ('-', '-')]));
                    set.add(&part);
                }
            }
        }
        let set = self.folded(set);
        Ok(if negated { set.negated() } else { set })
    }

    fn member(&mut self, start: usize) -> Result<Member, RegexError> {
        let at = self.at;
        if let Some(rest) = self.rest().strip_prefix("[:")
            && let Some(end) = rest.find(":]")
        {
            let (name, negated) = match rest[..end].strip_prefix('^') {
                Some(name) => (name, true),
                None => (&rest[..end], false),
            };
            if name.bytes().all(|b| b.is_ascii_alphabetic()) {
                let known = POSIX.iter().find(|(known, _)| *known == name);
                let Some((_, ranges)) = known else { return Err(self.error(format!("`[:{name}:]` is no class"))) };
                let set = Set::ranges(ranges);
                self.at += end + 4;
                return Ok(Member::Set(if negated { set.negated() } else { set }));
            }
        }
        match self.next() {
            None => Err(Self::error_at(start, "this `[` is not closed")),
            Some('\\') => self.class_escape(at),
            Some(c) => Ok(Member::Char(c)),
        }
    }

    fn class_escape(&mut self, at: usize) -> Result<Member, RegexError> {
        let Some(c) = self.next() else { return Err(Self::error_at(at, "nothing follows the last `\\`")) };
        if let Some(set) = shorthand(c) {
            return Ok(Member::Set(set));
        }
        match c {
            'b' => Ok(Member::Char('\x08')),
            '0'..='7' => self.octal(at, c).map(Member::Char),
            c => self.character(at, c).map(Member::Char),
        }
    }

    /// Reads what begins with a backslash outside a class; the backslash is read already.
    pub(super) fn escape(&mut self, at: usize) -> Result<RegexNode, RegexError> {
        let Some(c) = self.next() else { return Err(Self::error_at(at, "nothing follows the last `\\`")) };
        if let Some(set) = shorthand(c) {
            return Ok(RegexNode::Set(set));
        }
        Ok(match c {
            'b' => RegexNode::At(Place::Boundary),
            'B' => RegexNode::At(Place::NotBoundary),
            'A' => RegexNode::At(Place::Start),
            'z' => RegexNode::At(Place::End),
            'Z' => RegexNode::At(Place::EndOrNewline),
            'N' => RegexNode::Set(Set::one('\n').negated()),
            'R' => newline(),
            'E' => RegexNode::EMPTY,
            '0' => self.literal_of(|p| p.octal(at, c))?,
            '1'..='9' => return self.number(at, c),
            'g' => return self.numbered_reference(at),
            'k' => {
                for (open, close) in [("<", ">"), ("{", "}"), ("'", "'")] {
                    if self.eat(open) {
                        return self.reference_by_name(at, close);
                    }
                }
                return Err(Self::error_at(at, "`\\k` needs a name: `\\k<name>`"));
            }
            'p' | 'P' => return Err(Self::error_at(at, "Unicode properties are not supported; classes are ASCII")),
            'K' | 'G' | 'X' | 'C' => return Err(Self::error_at(at, format!("`\\{c}` is not supported"))),
            c => self.literal_of(|p| p.character(at, c))?,
        })
    }

    fn literal_of(&mut self, read: impl FnOnce(&mut Self) -> Result<char, RegexError>) -> Result<RegexNode, RegexError> {
        let c = read(self)?;
        Ok(self.literal(c))
    }

    /// `\12`: a reference to a group, or an octal number where there are fewer groups.
    fn number(&mut self, at: usize, first: char) -> Result<RegexNode, RegexError> {
        let after = self.at;
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count().min(3);
        let number = format!("{first}{}", &self.rest()[..digits]).parse::<u32>().unwrap_or(u32::MAX);
        if self.is_reference(number) {
            self.at += digits;
            return self.reference(at, i64::from(number));
        }
        self.at = after;
        if first >= '8' {
            return Err(Self::error_at(at, format!("there is no group {number}")));
        }
        self.literal_of(|p| p.octal(at, first))
    }

    /// `\g1`, `\g{-1}`, `\g{name}`; `\g` is read.
    fn numbered_reference(&mut self, at: usize) -> Result<RegexNode, RegexError> {
        let braces = self.eat("{");
        let digits = self.rest().len() - self.rest().trim_start_matches(|c: char| c == '-' || c.is_ascii_digit()).len();
        let number = self.rest()[..digits].parse::<i64>();
        match number {
            Ok(number) => {
                self.at += digits;
                if braces && !self.eat("}") {
                    return Err(Self::error_at(at, "this `{` is not closed"));
                }
                self.reference(at, number)
            }
            Err(_) if braces => self.reference_by_name(at, "}"),
            Err(_) => Err(Self::error_at(at, "`\\g` needs a number: `\\g{1}`")),
        }
    }

    /// The character that an escape stands for; the backslash and the letter `c` are read already.
    fn character(&mut self, at: usize, c: char) -> Result<char, RegexError> {
        Ok(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\x0c',
            'a' => '\x07',
            'e' => '\x1b',
            'x' if self.eat("{") => {
                let end = self.rest().find('}').unwrap_or(0);
                let c = code_point(&self.rest()[..end]).ok_or_else(|| Self::error_at(at, "no code point"))?;
                self.at += end + 1;
                return Ok(c);
            }
            'x' => return self.hexadecimal(at, 0, 2),
            'u' => return self.hexadecimal(at, 4, 4),
            'U' => return self.hexadecimal(at, 8, 8),
            'c' => match self.next() {
                Some(c) if c.is_ascii_graphic() => char::from(c.to_ascii_uppercase() as u8 ^ 0x40),
                _ => return Err(Self::error_at(at, "`\\c` needs a letter")),
            },
            c if c.is_ascii_alphanumeric() => {
                return Err(Self::error_at(at, format!("`\\{c}` means nothing; write `{c}` or `\\\\{c}`")));
            }
            c => c,
        })
    }

    fn hexadecimal(&mut self, at: usize, least: usize, most: usize) -> Result<char, RegexError> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_hexdigit).count().min(most);
        let number = &self.rest()[..digits];
        let value = if digits == 0 && least == 0 { Some('\0') } else { code_point(number) };
        match value {
            Some(c) if digits >= least => {
                self.at += digits;
                Ok(c)
            }
            _ => Err(Self::error_at(at, format!("{most} hexadecimal digits of a code point are needed"))),
        }
    }

    /// Up to three octal digits, the first of which is read already.
    fn octal(&mut self, at: usize, first: char) -> Result<char, RegexError> {
        let digits = self.rest().bytes().take_while(|b| matches!(b, b'0'..=b'7')).count().min(2);
        let number = format!("{first}{}", &self.rest()[..digits]);
        self.at += digits;
        let value = u32::from_str_radix(&number, 8).ok().and_then(char::from_u32);
        value.ok_or_else(|| Self::error_at(at, "no octal number"))
    }
}

fn code_point(hexadecimal: &str) -> Option<char> {
    u32::from_str_radix(hexadecimal, 16).ok().and_then(char::from_u32)
}

/// `\d`, `\w`, `\s`, `\h`, `\v` and their negations.
fn shorthand(c: char) -> Option<Set> {
    let ranges = match c.to_ascii_lowercase() {
        'd' => DIGIT,
        'w' => WORD,
        's' => SPACE,
        'h' => HORIZONTAL,
        'v' => VERTICAL,
        _ => return None,
    };
    let set = Set::ranges(ranges);
    Some(if c.is_ascii_uppercase() { set.negated() } else { set })
}

/// `\R`: a line break, CR LF as one.
fn newline() -> RegexNode {
    let single = RegexNode::Set(Set::ranges(VERTICAL));
    let lf = RegexNode::Repeat { node: Box::new(RegexNode::char('\n')), min: 0, max: Some(1), greed: Greed::Greedy };
    let pair = RegexNode::concat(vec![RegexNode::char('\r'), lf]);
    RegexNode::Atomic(Box::new(RegexNode::alternation(vec![pair, single])))
}
