//! Tokens and keywords.

use crate::source::Span;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum Kind {
    /// Names, attributes, paths, instants, bare words: the longest run of their characters; the grammar splits it.
    Word,
    Number,
    /// `'…'`, `"…"`
    Text,
    /// `r'…'`
    RawText,
    /// `t'…'`
    TimeText,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Plus,
    Star,
    Colon,
    Eq,
    EqEq,
    /// `=~`
    EqTilde,
    Ne,
    /// `!~`
    NeTilde,
    Lt,
    Le,
    Gt,
    Ge,
    /// `<>`, which is no operator here but often meant as one.
    Diamond,
    /// What no token begins with; reported by the lexer, never seen by the grammar.
    Invalid,
    /// A bracketed part that nests too deep, as one token; reported.
    TooDeep,
}

impl Kind {
    /// Whether this is any quoted string.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::RawText | Self::TimeText)
    }

    /// `(`, `[`, `{`
    pub fn opens(self) -> bool {
        matches!(self, Self::OpenParen | Self::OpenBracket | Self::OpenBrace)
    }

    /// `)`, `]`, `}`
    pub fn closes(self) -> bool {
        matches!(self, Self::CloseParen | Self::CloseBracket | Self::CloseBrace)
    }
}

/// What the lexer and the scan after it know of a token's surroundings.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Flags(u16);

impl Flags {
    /// First token of its line.
    pub const LINE_START: Self = Self(1);
    /// In the first column of its line.
    pub const MARGIN: Self = Self(2);
    /// Nothing stands between it and the token before.
    pub const GLUED: Self = Self(4);
    /// A single `=` follows.
    pub const BEFORE_EQ: Self = Self(8);
    /// A keyword that the file also binds as a variable.
    pub const BOUND: Self = Self(16);
    /// Probably the first token of a statement: recovery stops here.
    pub const OPENS: Self = Self(32);
    /// Certainly the first token of a statement: no name of a clause stands here.
    pub const STRONG: Self = Self(64);
    /// After something that the lexer reported: errors here are an echo of that.
    pub const TAINTED: Self = Self(128);
    /// In a line whose quotes do not pair, from the place where this shows: faults here are dropped.
    pub const UNPAIRED: Self = Self(256);

    /// Whether all of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets `other`.
    pub fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Takes `other` away.
    pub(crate) fn clear(&mut self, other: Self) {
        self.0 &= !other.0;
    }
}

/// A token. Tokens and the blanks and comments between them make up the whole text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Token<'s> {
    pub kind: Kind,
    /// Set for a word that some place of the grammar takes as a keyword.
    pub keyword: Option<Keyword>,
    pub flags: Flags,
    pub span: Span,
    pub text: &'s str,
}

impl Token<'_> {
    /// Whether a flag is set.
    pub fn has(&self, flag: Flags) -> bool {
        self.flags.has(flag)
    }

    /// Whether the word is this keyword and stands where a keyword can: a keyword before `=` is a name.
    pub fn is(&self, keyword: Keyword) -> bool {
        self.keyword == Some(keyword) && !self.has(Flags::BEFORE_EQ)
    }

    /// Whether a name may be written like this: no reserved word, or one that the file binds as a variable.
    pub fn may_name(&self) -> bool {
        self.kind == Kind::Word && (self.keyword.is_none_or(|k| !k.reserved()) || self.has(Flags::BOUND))
    }
}

macro_rules! keywords {
    (
        words {
            $($command:ident $step:ident $module:ident $command_word:literal $command_class:ident [$($command_other:literal)*]
            [$($clause:ident)*],)*
        }
        wordless { $($wordless:tt)* }
        $($name:ident $word:literal $class:ident [$($other:literal)*],)*
    ) => {
        /// The keywords. Case does not matter, and all are contextual.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[allow(missing_docs, reason = "variants are what they are called")]
        pub enum Keyword { $($command,)* $($name,)* }

        impl Keyword {
            /// All of them: those of commands first.
            pub const ALL: &[Self] = &[$(Self::$command,)* $(Self::$name,)*];

            /// What it is for.
            pub fn class(self) -> Class {
                match self {
                    $(Self::$command => Class::$command_class,)*
                    $(Self::$name => Class::$class,)*
                }
            }

            /// Words that other languages have for it.
            pub(crate) fn others(self) -> &'static [&'static str] {
                match self {
                    $(Self::$command => &[$($command_other),*],)*
                    $(Self::$name => &[$($other),*],)*
                }
            }

            /// The keywords of the clauses that a command takes; `None`: it begins no command.
            pub(crate) fn clauses(self) -> Option<&'static [Self]> {
                match self {
                    $(Self::$command => Some(&[$(Self::$clause),*]),)*
                    _ => None,
                }
            }

            /// The canonical spelling.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$command => $command_word,)*
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

/// What a keyword is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Begins a statement that yields a variable.
    Yield,
    /// Begins any other statement.
    Command,
    /// Begins a clause after the head of a statement.
    Clause,
    /// Begins a part that only some commands have, or joins comparisons.
    Inner,
    /// Not reserved: a keyword where the grammar takes it, a name elsewhere.
    Soft,
}

for_each_command! { keywords
    From "FROM" Clause [],
    Where "WHERE" Clause ["FILTER"],
    Attr "ATTR" Clause ["ATTRIBUTE" "ATTRIBUTES" "COLUMNS"],
    Limit "LIMIT" Clause ["HEAD"],
    Offset "OFFSET" Clause ["SKIP"],
    Start "START" Clause [],
    Last "LAST" Clause [],
    Stop "STOP" Inner ["UNTIL"],
    By "BY" Inner [],
    With "WITH" Inner [],
    As "AS" Inner [],
    On "ON" Inner [],
    To "TO" Inner [],
    And "AND" Inner [],
    Or "OR" Inner [],
    Not "NOT" Inner [],
    In "IN" Inner [],
    InAnyCase "IN~" Inner [],
    Is "IS" Inner [],
    Like "LIKE" Inner [],
    Matches "MATCHES" Inner [],
    IsSubset "ISSUBSET" Inner [],
    IsSuperset "ISSUPERSET" Inner [],
    Asc "ASC" Inner [],
    Desc "DESC" Inner [],
    Exists "EXISTS" Soft [],
    Depth "DEPTH" Soft [],
    Null "NULL" Soft [],
    FollowedBy "FOLLOWEDBY" Soft [],
    Within "WITHIN" Soft [],
    Without "WITHOUT" Soft [],
    Seconds "SECONDS" Soft [],
    Repeats "REPEATS" Soft [],
    Times "TIMES" Soft [],
}

impl Keyword {
    /// The keyword spelt like this, in any case.
    pub fn find(word: &str) -> Option<Self> {
        if word.len() > 10 || !word.as_bytes().first()?.is_ascii_alphabetic() {
            return None;
        }
        Self::ALL.iter().copied().find(|k| k.word().eq_ignore_ascii_case(word))
    }

    /// Whether it begins a statement.
    pub fn statement(self) -> bool {
        matches!(self.class(), Class::Yield | Class::Command)
    }

    /// Whether it is no name unless the file binds it.
    pub fn reserved(self) -> bool {
        self.class() != Class::Soft
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_by_its_spelling() {
        for keyword in Keyword::ALL {
            assert_eq!(Keyword::find(keyword.word()), Some(*keyword));
            assert_eq!(Keyword::find(&keyword.word().to_lowercase()), Some(*keyword));
        }
        assert_eq!(Keyword::find("GETX"), None);
        assert_eq!(Keyword::find("ISSUPERSETS"), None);
    }
}
