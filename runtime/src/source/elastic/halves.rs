//! Requests that are too long for a server, or for the proxy before it, in halves that together find the same.

use super::fault::Fault;
use crate::source::{Records, Sink, SourceError};
use foldhash::HashSet;
use huntc_compiler::request::{Bool, BoundQuery, BoundRequest, Never, Query};

/// Does the work of a request; of one that is too long, that of its halves instead, which may be halved again. Records that have
/// values of two of them are found by both.
pub(super) fn in_halves<T>(
    request: &BoundRequest,
    mut work: impl FnMut(&BoundRequest) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let parts = |request: &BoundRequest, fault: Fault| {
        let (first, second) = halves(&request.query).ok_or(fault)?;
        Ok([second, first].map(|query| BoundRequest { query, ..request.clone() }))
    };
    let mut left = match work(request) {
        Err(fault) if fault.refuses_length() => Vec::from(parts(request, fault)?),
        done => return done.map(|done| vec![done]),
    };
    let mut done = Vec::new();
    while let Some(part) = left.pop() {
        match work(&part) {
            Err(fault) if fault.refuses_length() => left.extend(parts(&part, fault)?),
            result => done.push(result?),
        }
    }
    Ok(done)
}

/// Two queries that together find what this one finds; `None` where it does not ask for one of several.
fn halves(query: &BoundQuery) -> Option<(BoundQuery, BoundQuery)> {
    match query {
        Query::Terms(terms) if terms.values.len() > 1 => {
            let (first, second) = terms.values.split_at(terms.values.len() / 2);
            let half = |values: &[_]| Query::terms(terms.field.as_str(), values.to_vec());
            Some((half(first), half(second)))
        }
        Query::Bool(joined) => halves_of(joined),
        _ => None,
    }
}

/// The halves of what asks for most: one of the parts that all must hold, or those of which one must.
fn halves_of(joined: &Bool<Never>) -> Option<(BoundQuery, BoundQuery)> {
    let with = |should: &[BoundQuery]| Query::Bool(Bool { should: should.to_vec(), ..joined.clone() });
    let (place, most) = joined.filter.iter().map(alternatives).enumerate().max_by_key(|(_, number)| *number).unwrap_or_default();
    if joined.should.iter().map(alternatives).sum::<usize>() >= most.max(2) {
        return match joined.should.as_slice() {
            [one] => halves(one).map(|(first, second)| (with(&[first]), with(&[second]))),
            several => {
                let (first, second) = several.split_at(several.len() / 2);
                Some((with(first), with(second)))
            }
        };
    }
    let (first, second) = halves(joined.filter.get(place)?)?;
    let half = |part: BoundQuery| {
        let filter = joined.filter.iter().enumerate().map(|(at, all)| if at == place { part.clone() } else { all.clone() });
        Query::Bool(Bool { filter: filter.collect(), ..joined.clone() })
    };
    Some((half(first), half(second)))
}

/// In how many parts a query can be taken apart.
fn alternatives(query: &BoundQuery) -> usize {
    match query {
        Query::Terms(terms) => terms.values.len(),
        Query::Bool(joined) => {
            let most = joined.filter.iter().map(alternatives).max().unwrap_or(1);
            most.max(joined.should.iter().map(alternatives).sum())
        }
        _ => 1,
    }
}

/// Gives the records of several readings on, each once.
pub(super) struct OnceEach<'s> {
    sink: &'s mut dyn Sink,
    /// Whether more than one is to come.
    pub(super) several: bool,
    /// The ids of the readings that are whole.
    known: HashSet<u64>,
    /// Those of the reading that goes on.
    current: Vec<u64>,
}

impl<'s> OnceEach<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink) -> Self {
        Self { sink, several: false, known: HashSet::default(), current: Vec::new() }
    }
}

impl Sink for OnceEach<'_> {
    fn begin(&mut self) {
        self.current.clear();
        self.sink.begin();
    }

    fn take(&mut self, mut records: Records) -> Result<(), SourceError> {
        if !self.known.is_empty() {
            records.without(&self.known);
        }
        if self.several {
            self.current.extend(&records.ids);
        }
        self.sink.take(records)
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.known.extend(self.current.drain(..));
        self.sink.end()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::fault::FaultKind;
    use super::*;
    use huntc_compiler::catalog::Catalog;
    use huntc_compiler::value::Value;

    fn numbers(range: std::ops::Range<i64>) -> BoundQuery {
        Query::terms("n", range.map(Value::Int).collect())
    }

    /// The parts of a request that a server takes which refuses more values than `most`.
    fn parts(query: BoundQuery, most: usize) -> Result<Vec<BoundQuery>, FaultKind> {
        let too_long = || Fault { status: Some(413), ..Fault::new(FaultKind::TooLarge, "") };
        let request = BoundRequest::of(Catalog::builtin(), query, ["n"]);
        let work = |part: &BoundRequest| if alternatives(&part.query) > most { Err(too_long()) } else { Ok(part.query.clone()) };
        in_halves(&request, work).map_err(|fault| fault.kind)
    }

    #[test]
    fn what_asks_for_one_of_several_is_taken_apart() {
        assert_eq!(parts(numbers(0..8), 8).unwrap(), [numbers(0..8)]);
        assert_eq!(parts(numbers(0..8), 3).unwrap(), [numbers(0..2), numbers(2..4), numbers(4..6), numbers(6..8)]);
        let named = || Query::exists("process.name");
        let both = |part| Query::all_but(Query::all([named(), part]), numbers(90..99));
        assert_eq!(parts(both(numbers(0..4)), 2).unwrap(), [both(numbers(0..2)), both(numbers(2..4))], "in each of all");
        let either = Query::any([numbers(0..4), named()]);
        assert_eq!(parts(either, 2).unwrap().len(), 3, "each of several");
        assert_eq!(parts(numbers(0..2), 0), Err(FaultKind::TooLarge), "down to one value");
        let none = Query::all_but(Query::MatchAll, numbers(0..9));
        assert_eq!(parts(none, 0), Err(FaultKind::TooLarge), "what excludes all of them is one");
    }
}
