//! An observation expression as alternatives without OR, each as roles that records play and conditions on their times.

use super::distinct::{MOST_NUMBERS, Numbers};
use super::effort::{Hard, Refused};
use huntc_compiler::plan::{Attr, Observe};

/// The most alternatives.
const MOST_ALTERNATIVES: usize = 256;

/// One way to choose among the parts of every OR. A match binds `count` records to every role, each record once, so that all
/// conditions hold.
#[derive(Clone, Default, Debug)]
pub(super) struct Alternative {
    pub(super) roles: Vec<Role>,
    pub(super) orders: Vec<Order>,
    pub(super) spans: Vec<Stretch>,
    pub(super) commons: Vec<Common>,
}

/// What records of a match stand for.
#[derive(Clone, Debug)]
pub(super) struct Role {
    /// A record that satisfies any of these patterns can play it.
    pub(super) patterns: Numbers,
    /// How many records play it: the product of all REPEATS around it.
    pub(super) count: u64,
}

/// A FOLLOWEDBY: in each of its copies all `before.1` records of one role are not later than any of the `after.1` of another.
///
/// REPEATS makes copies of what it repeats, which differ in nothing but their records. If copies are filled so that the
/// conditions hold, they also hold when the records of every role are sorted by time and dealt out in blocks: the first block of
/// each role to the first copy, and so on. For among the first `(i - 1) * n + 1` records of a role with `n` records in a copy
/// there are records of at least `i` copies; in each of these all records of a role before are not later, and all records of a
/// role within a stretch not later than its end. So the i-th blocks fulfil the conditions among each other, and records
/// need not know their copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) before: (usize, u64),
    pub(super) after: (usize, u64),
}

/// A WITHIN: in each of its copies the records of these roles, of each so many, lie within `nanos`.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) nanos: i64,
    pub(super) members: Vec<(usize, u64)>,
    pub(super) copies: u64,
}

/// A BY: the records of these roles have a value in common in each of the fields, which are numbered.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) fields: Vec<usize>,
    pub(super) roles: Vec<usize>,
}

/// A condition on each record that satisfies some patterns, whatever else a match binds.
#[derive(Debug)]
pub(super) enum Sieve {
    /// BY of a single observation: its record has a value in each of these fields.
    Has { patterns: Numbers, fields: Vec<usize> },
    /// WITHOUT: no other record that satisfies `absent` is at its instant or up to `nanos` later, with a value in common in each
    /// of these fields. A record that lacks one of the fields cannot be compared: it is not kept.
    Unfollowed { patterns: Numbers, absent: usize, nanos: i64, fields: Vec<usize> },
}

impl Alternative {
    /// The only role, if it is played by one record.
    fn single(&self) -> Option<Numbers> {
        match self.roles.as_slice() {
            [Role { patterns, count: 1 }] => Some(*patterns),
            _ => None,
        }
    }

    /// Adds the roles and conditions of another part. Answers the number of its first role.
    fn join(&mut self, part: &Self) -> Result<usize, Refused> {
        let first = self.roles.len();
        if first + part.roles.len() > MOST_NUMBERS {
            return Err(Hard::Patterns.into());
        }
        self.roles.extend(part.roles.iter().cloned());
        let moved = |(role, n): (usize, u64)| (role + first, n);
        self.orders.extend(part.orders.iter().map(|o| Order { before: moved(o.before), after: moved(o.after) }));
        self.spans
            .extend(part.spans.iter().map(|s| Stretch { members: s.members.iter().map(|m| moved(*m)).collect(), ..s.clone() }));
        self.commons
            .extend(part.commons.iter().map(|c| Common { roles: c.roles.iter().map(|r| r + first).collect(), ..c.clone() }));
        Ok(first)
    }

    /// The roles from `from` to `to` with their counts.
    fn members(&self, from: usize, to: usize) -> impl Iterator<Item = (usize, u64)> {
        self.roles.iter().enumerate().take(to).skip(from).map(|(at, role)| (at, role.count))
    }

    /// This, `n` times at once.
    fn times(&self, n: u64) -> Result<Self, Refused> {
        let mut all = Self::default();
        if self.commons.is_empty() {
            all = self.clone();
            all.roles.iter_mut().for_each(|role| role.count = role.count.saturating_mul(n));
            all.spans.iter_mut().for_each(|span| span.copies = span.copies.saturating_mul(n));
            return Ok(all);
        }
        // Every copy may have values of its own.
        for _ in 0..n {
            all.join(self)?;
        }
        Ok(all)
    }
}

/// Reads an expression.
pub(super) struct Reader<'a> {
    /// The fields of the record that the expression names.
    pub(super) fields: Vec<&'a Attr>,
    /// What was read of conditions on single records.
    pub(super) sieves: Vec<Sieve>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(shape: &'a Observe) -> Self {
        let mut fields: Vec<&Attr> = Vec::new();
        for field in shape.fields() {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        Self { fields, sieves: Vec::new() }
    }

    fn numbered(&self, by: &[Attr]) -> Vec<usize> {
        let mut fields: Vec<usize> = by.iter().filter_map(|attr| self.fields.iter().position(|f| *f == attr)).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// The alternatives of an expression. Brackets nest no deeper than the grammar lets them.
    pub(super) fn alternatives(&mut self, shape: &Observe) -> Result<Vec<Alternative>, Refused> {
        let found = match shape {
            Observe::One(pattern) => vec![Alternative { roles: vec![role(numbered(*pattern)?)], ..Alternative::default() }],
            Observe::Or(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.alternatives(part)?);
                    few(all.len())?;
                }
                merged(all)
            }
            Observe::And(parts) => self.joined(parts, false)?,
            Observe::FollowedBy(parts) => self.joined(parts, true)?,
            Observe::Within(part, nanos) => {
                let mut all = self.alternatives(part)?;
                for one in all.iter_mut().filter(|one| one.single().is_none()) {
                    let members = one.members(0, one.roles.len()).collect();
                    one.spans.push(Stretch { nanos: *nanos, members, copies: 1 });
                }
                all
            }
            Observe::By(part, by) => {
                let (mut all, fields) = (self.alternatives(part)?, self.numbered(by));
                for one in &mut all {
                    match one.single() {
                        Some(patterns) => self.sieves.push(Sieve::Has { patterns, fields: fields.clone() }),
                        None => one.commons.push(Common { fields: fields.clone(), roles: (0..one.roles.len()).collect() }),
                    }
                }
                all
            }
            Observe::Without { part, absent, nanos, by } => {
                let (all, fields) = (self.alternatives(part)?, self.numbered(by));
                numbered(*absent)?;
                for patterns in all.iter().filter_map(Alternative::single) {
                    self.sieves.push(Sieve::Unfollowed { patterns, absent: *absent, nanos: *nanos, fields: fields.clone() });
                }
                all
            }
            Observe::Repeats(part, n) => repeated(&self.alternatives(part)?, u64::from(*n))?,
        };
        few(found.len())?;
        Ok(found)
    }

    /// AND, or FOLLOWEDBY: one alternative of each part.
    fn joined(&mut self, parts: &[Observe], ordered: bool) -> Result<Vec<Alternative>, Refused> {
        // Each with the numbers of the first role of the last part.
        let mut all = vec![(Alternative::default(), 0)];
        for part in parts {
            let next = self.alternatives(part)?;
            few(all.len().saturating_mul(next.len()))?;
            let mut longer = Vec::with_capacity(all.len() * next.len());
            for (before, last) in &all {
                for after in &next {
                    let mut one = before.clone();
                    let first = one.join(after)?;
                    if ordered {
                        // Each part has a record, so parts further apart are in order too.
                        let later: Vec<_> = one.members(first, one.roles.len()).collect();
                        let sooner: Vec<_> = one.members(*last, first).collect();
                        let orders = sooner.iter().flat_map(|b| later.iter().map(|a| Order { before: *b, after: *a }));
                        one.orders.extend(orders);
                    }
                    longer.push((one, first));
                }
            }
            all = longer;
        }
        Ok(all.into_iter().map(|(one, _)| one).collect())
    }
}

fn role(patterns: Numbers) -> Role {
    Role { patterns, count: 1 }
}

/// The set of one pattern.
fn numbered(pattern: usize) -> Result<Numbers, Refused> {
    if pattern < MOST_NUMBERS { Ok(1 << pattern) } else { Err(Hard::Patterns.into()) }
}

fn few(alternatives: usize) -> Result<(), Refused> {
    if alternatives > MOST_ALTERNATIVES { Err(Hard::Choices.into()) } else { Ok(()) }
}

/// Alternatives of one record each become one, whose record may satisfy any of their patterns.
fn merged(all: Vec<Alternative>) -> Vec<Alternative> {
    let (single, mut rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.single().is_some());
    let patterns = single.iter().filter_map(Alternative::single).fold(0, |all, one| all | one);
    if patterns != 0 {
        rest.push(Alternative { roles: vec![role(patterns)], ..Alternative::default() });
    }
    rest
}

/// `n` matches at once: every choice of how often each alternative is one of them.
fn repeated(all: &[Alternative], n: u64) -> Result<Vec<Alternative>, Refused> {
    let Some((first, rest)) = all.split_first() else { return Ok(Vec::new()) };
    if rest.is_empty() {
        return Ok(vec![first.times(n)?]);
    }
    let mut found = Vec::new();
    let mut open = vec![(Alternative::default(), 0, n)];
    while let Some((so_far, at, left)) = open.pop() {
        let Some(next) = all.get(at) else { continue };
        let last = at + 1 == all.len();
        let often = if last { left..=left } else { 0..=left };
        for times in often {
            let mut one = so_far.clone();
            if times > 0 {
                one.join(&next.times(times)?)?;
            }
            if left == times {
                found.push(one);
            } else {
                open.push((one, at + 1, left - times));
            }
            few(found.len() + open.len())?;
        }
    }
    Ok(found)
}
