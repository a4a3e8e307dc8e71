//! Counts the states of an expression's deterministic automaton, since servers refuse those that need too many.
//!
//! Lucene's bound is 10,000 states or ten times as much work, and it counts after splitting characters into bytes. The bounds
//! here are lower, to leave room for that.

use super::ast::Set;
use super::pieces::Re;
use foldhash::HashSet;

/// Most states of the automaton.
const MOST_STATES: usize = 800;
/// Most positions in all its states together.
const MOST_WORK: usize = 40_000;
/// Most characters of the expression when counted repetitions are written out.
const MOST_POSITIONS: usize = 1_000;
/// Most pairs of characters that may follow each other.
const MOST_PAIRS: usize = 40_000;

/// Whether servers will take the expression.
pub(super) fn are_few(re: &Re) -> bool {
    let mut positions = Positions { sets: vec![Set::none()], follow: vec![Vec::new()], pairs: 0 };
    let Some(all) = positions.add(re) else { return false };
    positions.follow[0] = all.first;
    positions.count().is_some()
}

/// The positions of characters in an expression (Glushkov's construction); position 0 is the start.
struct Positions {
    sets: Vec<Set>,
    follow: Vec<Vec<usize>>,
    pairs: usize,
}

/// A part of the expression.
struct Part {
    empty: bool,
    first: Vec<usize>,
    last: Vec<usize>,
}

impl Positions {
    fn add(&mut self, re: &Re) -> Option<Part> {
        match re {
            Re::Set(set) => {
                let at = self.sets.len();
                if at > MOST_POSITIONS {
                    return None;
                }
                self.sets.push(set.clone());
                self.follow.push(Vec::new());
                Some(Part { empty: false, first: vec![at], last: vec![at] })
            }
            Re::Row(parts) => {
                let mut row = Part { empty: true, first: Vec::new(), last: Vec::new() };
                for part in parts {
                    let part = self.add(part)?;
                    row = self.after(row, part)?;
                }
                Some(row)
            }
            Re::Choice(parts) => {
                let mut choice = Part { empty: false, first: Vec::new(), last: Vec::new() };
                for part in parts {
                    let part = self.add(part)?;
                    choice.empty |= part.empty;
                    choice.first.extend(part.first);
                    choice.last.extend(part.last);
                }
                Some(choice)
            }
            Re::Repeat(inner, min, max) => self.repeat(inner, *min, *max),
        }
    }

    fn repeat(&mut self, inner: &Re, min: u32, max: Option<u32>) -> Option<Part> {
        let mut row = Part { empty: true, first: Vec::new(), last: Vec::new() };
        let copies = max.unwrap_or(min.max(1));
        for copy in 0..copies {
            let mut part = self.add(inner)?;
            part.empty |= copy >= min;
            if max.is_none() && copy + 1 == copies {
                self.link(&part.last, &part.first)?;
            }
            row = self.after(row, part)?;
        }
        Some(row)
    }

    fn after(&mut self, left: Part, right: Part) -> Option<Part> {
        self.link(&left.last, &right.first)?;
        let mut first = left.first;
        if left.empty {
            first.extend(&right.first);
        }
        let mut last = right.last;
        if right.empty {
            last.extend(left.last);
        }
        Some(Part { empty: left.empty && right.empty, first, last })
    }

    fn link(&mut self, last: &[usize], first: &[usize]) -> Option<()> {
        self.pairs += last.len() * first.len();
        if self.pairs > MOST_PAIRS {
            return None;
        }
        for at in last {
            self.follow[*at].extend(first);
        }
        Some(())
    }

    /// The number of states, by the subset construction; `None`: too many.
    fn count(&self) -> Option<usize> {
        let letters = self.letters();
        let holds: Vec<Vec<bool>> =
            letters.iter().map(|letter| self.sets.iter().map(|set| set.contains(*letter)).collect()).collect();
        let mut seen: HashSet<Vec<usize>> = HashSet::default();
        let mut waiting = vec![vec![0]];
        seen.insert(vec![0]);
        let mut work = 0;
        while let Some(state) = waiting.pop() {
            work += state.len();
            if seen.len() > MOST_STATES || work > MOST_WORK {
                return None;
            }
            let mut next: Vec<usize> = state.iter().flat_map(|at| &self.follow[*at]).copied().collect();
            next.sort_unstable();
            next.dedup();
            for holds in &holds {
                let step: Vec<usize> = next.iter().copied().filter(|at| holds[*at]).collect();
                if !step.is_empty() && !seen.contains(&step) {
                    seen.insert(step.clone());
                    waiting.push(step);
                }
            }
        }
        Some(seen.len())
    }

    /// One character of every kind that the expression tells apart.
    fn letters(&self) -> Vec<char> {
        let after = |c: char| (c..=char::MAX).nth(1);
        let mut letters: Vec<char> = vec!['\0'];
        for (low, high) in self.sets.iter().flat_map(Set::iter) {
            letters.push(low);
            letters.extend(after(high));
        }
        letters.sort_unstable();
        letters.dedup();
        letters
    }
}
