//! Turns a pattern, which may be found anywhere, into regular expressions of the whole value, without anchors.

use super::ast::{Place, RegexNode, Set};

/// Most alternatives into which anchors may split one pattern.
const MOST_PIECES: usize = 64;

/// A regular expression without anchors. An empty row matches the empty text, an empty choice nothing at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Re {
    Set(Set),
    Row(Vec<Re>),
    Choice(Vec<Re>),
    Repeat(Box<Re>, u32, Option<u32>),
}

impl Re {
    const EMPTY: Self = Self::Row(Vec::new());

    /// `.*`
    pub(super) fn anything() -> Self {
        Self::Repeat(Box::new(Self::Set(Set::any())), 0, None)
    }

    pub(super) fn is_anything(&self) -> bool {
        matches!(self, Self::Repeat(inner, 0, None) if matches!(&**inner, Self::Set(set) if set.is_any()))
    }

    /// Whether this is `.*`, `.+`, `.{3,}` or the like: what may be empty adds nothing next to it.
    fn swallows(&self) -> bool {
        matches!(self, Self::Repeat(inner, _, None) if matches!(&**inner, Self::Set(set) if set.is_any()))
    }

    /// One after the other. What may be empty is left out next to `.*`.
    pub(super) fn row(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut row: Vec<Self> = Vec::new();
        for part in parts {
            let parts = if let Self::Row(inner) = part { inner } else { vec![part] };
            for part in parts {
                while part.swallows() && row.last().is_some_and(Self::may_be_empty) {
                    row.pop();
                }
                if row.last().is_some_and(Self::swallows) && part.may_be_empty() {
                    continue;
                }
                row.push(part);
            }
        }
        if row.len() == 1 { row.remove(0) } else { Self::Row(row) }
    }

    /// One of these; single characters become one set.
    fn choice(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut choice: Vec<Self> = Vec::new();
        for part in parts {
            if let (Self::Set(set), Some(Self::Set(last))) = (&part, choice.last_mut()) {
                last.add(set);
            } else if let Self::Choice(inner) = part {
                choice.extend(inner);
            } else if !choice.contains(&part) {
                choice.push(part);
            }
        }
        if choice.iter().any(Self::is_anything) {
            return Self::anything();
        }
        if choice.len() == 1 { choice.remove(0) } else { Self::Choice(choice) }
    }

    fn repeat(self, min: u32, max: Option<u32>) -> Self {
        match (min, max) {
            _ if self == Self::EMPTY => Self::EMPTY,
            (_, Some(0)) => Self::EMPTY,
            (1, Some(1)) => self,
            _ if self.is_anything() => self,
            _ => Self::Repeat(Box::new(self), min, max),
        }
    }

    fn may_be_empty(&self) -> bool {
        match self {
            Self::Set(_) => false,
            Self::Row(parts) => parts.iter().all(Self::may_be_empty),
            Self::Choice(parts) => parts.iter().any(Self::may_be_empty),
            Self::Repeat(inner, min, _) => *min == 0 || inner.may_be_empty(),
        }
    }

    /// Whether it matches a newline alone.
    fn may_be_newline(&self) -> bool {
        match self {
            Self::Set(set) => set.contains('\n'),
            Self::Row(parts) => (0..parts.len()).any(|i| {
                let others = parts.iter().enumerate().all(|(j, p)| i == j || p.may_be_empty());
                others && parts[i].may_be_newline()
            }),
            Self::Choice(parts) => parts.iter().any(Self::may_be_newline),
            Self::Repeat(inner, min, max) => *max != Some(0) && inner.may_be_newline() && (*min <= 1 || inner.may_be_empty()),
        }
    }
}

/// How a piece ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// Anything may follow.
    Open,
    /// Nothing or a newline may follow.
    Newline,
    /// Nothing may follow.
    Closed,
}

/// An expression with its anchors.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Piece {
    /// Nothing may stand before it.
    start: bool,
    body: Re,
    end: End,
}

impl Piece {
    fn open(body: Re) -> Self {
        Self { start: false, body, end: End::Open }
    }

    fn is_open(&self) -> bool {
        !self.start && self.end == End::Open
    }
}

/// The whole values in which a pattern is found.
pub(super) struct Whole {
    /// The expression of these values, or of more.
    pub(super) re: Re,
    /// Whether `re` matches these values only.
    pub(super) exact: bool,
}

/// The whole values that a pattern is found in; `None` where anchors make too many alternatives.
pub(super) fn whole(node: &RegexNode) -> Option<Whole> {
    let mut splitter = Splitter { exact: true, loose: 0 };
    let pieces = splitter.pieces(node)?;
    let newline = || Re::Set(Set::one('\n')).repeat(0, Some(1));
    let re = Re::choice(pieces.into_iter().map(|piece| {
        let before = if piece.start { Re::EMPTY } else { Re::anything() };
        let after = match piece.end {
            End::Open => Re::anything(),
            End::Newline => newline(),
            End::Closed => Re::EMPTY,
        };
        Re::row([before, piece.body, after])
    }));
    Some(Whole { re, exact: splitter.exact })
}

struct Splitter {
    exact: bool,
    /// In how many repetitions the node is; anchors inside one are left out.
    loose: u32,
}

impl Splitter {
    /// The alternatives into which anchors split a node. What is not regular is replaced by something that matches more.
    fn pieces(&mut self, node: &RegexNode) -> Option<Vec<Piece>> {
        let pieces = match node {
            RegexNode::Set(set) if set.is_none() => Vec::new(),
            RegexNode::Set(set) => vec![Piece::open(Re::Set(set.clone()))],
            RegexNode::At(place) => vec![self.at(*place)],
            RegexNode::Concat(parts) => {
                let mut rows = vec![Piece::open(Re::EMPTY)];
                for part in parts {
                    let right = self.pieces(part)?;
                    rows = rows.iter().flat_map(|l| right.iter().flat_map(|r| in_a_row(l, r))).collect();
                    rows = merged(rows);
                    if rows.len() > MOST_PIECES {
                        return None;
                    }
                }
                rows
            }
            RegexNode::Alternation(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.pieces(part)?);
                }
                merged(all)
            }
            RegexNode::Group(inner) => self.pieces(inner)?,
            RegexNode::Repeat { node, min, max, .. } => self.repeated(node, *min, *max)?,
            RegexNode::Atomic(inner) => {
                self.exact = false;
                self.pieces(inner)?
            }
            RegexNode::Look { .. } => {
                self.exact = false;
                vec![Piece::open(Re::EMPTY)]
            }
            RegexNode::Backreference { .. } => {
                self.exact = false;
                vec![Piece::open(Re::anything())]
            }
        };
        (pieces.len() <= MOST_PIECES).then_some(pieces)
    }

    fn at(&mut self, place: Place) -> Piece {
        let mut piece = Piece::open(Re::EMPTY);
        match place {
            _ if self.loose > 0 => self.exact = false,
            Place::Start => piece.start = true,
            Place::EndOrNewline => piece.end = End::Newline,
            Place::End => piece.end = End::Closed,
            Place::LineStart | Place::LineEnd | Place::Boundary | Place::NotBoundary => self.exact = false,
        }
        piece
    }

    fn repeated(&mut self, node: &RegexNode, min: u32, max: Option<u32>) -> Option<Vec<Piece>> {
        let exact = self.exact;
        let mut pieces = self.pieces(node)?;
        if max == Some(1) {
            if min == 0 {
                pieces.push(Piece::open(Re::EMPTY));
            }
            return Some(merged(pieces));
        }
        if !pieces.iter().all(Piece::is_open) {
            self.exact = exact;
            self.loose += 1;
            let loose = self.pieces(node);
            self.loose -= 1;
            pieces = loose?;
        }
        let body = Re::choice(pieces.into_iter().map(|p| p.body));
        if body == Re::Choice(Vec::new()) {
            return Some(if min == 0 { vec![Piece::open(Re::EMPTY)] } else { Vec::new() });
        }
        Some(vec![Piece::open(body.repeat(min, max))])
    }
}

/// Two pieces one after the other, as none to two pieces.
fn in_a_row(left: &Piece, right: &Piece) -> Vec<Piece> {
    let (start, body) = if right.start {
        if !left.body.may_be_empty() {
            return Vec::new();
        }
        (true, Re::EMPTY)
    } else {
        (left.start, left.body.clone())
    };
    let joined = |right_body: Re, end| Piece { start, body: Re::row([body.clone(), right_body]), end };
    if left.end == End::Open {
        return vec![joined(right.body.clone(), right.end)];
    }
    let mut ways = Vec::new();
    if right.body.may_be_empty() {
        let end = if right.end == End::Closed { End::Closed } else { left.end };
        ways.push(joined(Re::EMPTY, end));
    }
    if left.end == End::Newline && right.body.may_be_newline() {
        ways.push(joined(Re::Set(Set::one('\n')), End::Closed));
    }
    ways
}

/// Pieces with the same anchors become one.
fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<(Piece, Vec<Re>)> = Vec::new();
    for piece in pieces {
        match merged.iter_mut().find(|(p, _)| p.start == piece.start && p.end == piece.end) {
            Some((_, bodies)) => bodies.push(piece.body),
            None => merged.push((Piece { body: Re::EMPTY, ..piece }, vec![piece.body])),
        }
    }
    merged.into_iter().map(|(piece, bodies)| Piece { body: Re::choice(bodies), ..piece }).collect()
}
