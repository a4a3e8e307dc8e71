//! Whether every role can have records of its own: the place where "a record is used once in a match" is decided.

/// A set of roles, or of patterns, by number.
pub(super) type Numbers = u128;

/// The most roles, and the most patterns.
pub(super) const MOST_NUMBERS: usize = Numbers::BITS as usize;

/// The numbers in a set, ascending.
pub(super) fn numbers(mut set: Numbers) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let first = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(first)
    })
}

/// Records that stand for the same roles: these roles, and how many records.
pub(super) type Supply = (Numbers, u64);

/// Whether each role can have as many records as it demands, no record twice. Records that stand for the same roles are
/// exchangeable, so this is a flow from few classes of records to few roles; it does not grow with the number of records.
pub(super) fn suffices(demands: &[u64], supplies: &[Supply]) -> bool {
    let mut spare: Vec<u64> = supplies.iter().map(|(_, count)| *count).collect();
    // given[role][class]: how many records of the class the role has.
    let mut given: Vec<Vec<u64>> = vec![vec![0; supplies.len()]; demands.len()];
    (0..demands.len()).all(|role| {
        let mut missing = demands.get(role).copied().unwrap_or(0);
        while missing > 0 {
            match exchange(role, missing, supplies, &mut spare, &mut given) {
                0 => return false,
                got => missing -= got,
            }
        }
        true
    })
}

/// Gives `role` up to `most` records: from classes with spare ones, or from another role that takes others in their place. The
/// shortest chain of such exchanges is found by looking breadth first. Answers how many records were given, 0 where none can be.
fn exchange(role: usize, most: u64, supplies: &[Supply], spare: &mut [u64], given: &mut [Vec<u64>]) -> u64 {
    // For each role that was reached: the role that wants records from it, and of which class.
    let mut wanted: Vec<Option<(usize, usize)>> = vec![None; given.len()];
    let mut open = vec![role];
    let mut looked = 0;
    while let Some(taker) = open.get(looked).copied() {
        looked += 1;
        for (class, (roles, _)) in supplies.iter().enumerate() {
            if roles & (1 << taker) == 0 {
                continue;
            }
            if spare.get(class).is_some_and(|n| *n > 0) {
                return pass_on(role, most, (taker, class), &wanted, spare, given);
            }
            for giver in 0..given.len() {
                let has = given.get(giver).and_then(|g| g.get(class)).is_some_and(|n| *n > 0);
                if has && giver != role && wanted.get(giver).is_some_and(Option::is_none) {
                    wanted[giver] = Some((taker, class));
                    open.push(giver);
                }
            }
        }
    }
    0
}

/// Carries out a chain of exchanges that ends with spare records of a class for a role.
fn pass_on(
    role: usize,
    most: u64,
    end: (usize, usize),
    wanted: &[Option<(usize, usize)>],
    spare: &mut [u64],
    given: &mut [Vec<u64>],
) -> u64 {
    let (mut giver, last) = end;
    let mut chain = Vec::new();
    while giver != role {
        let Some((taker, class)) = wanted.get(giver).copied().flatten() else { return 0 };
        chain.push((giver, taker, class));
        giver = taker;
    }
    let has = |(giver, _, class): &(usize, usize, usize)| given.get(*giver).and_then(|g| g.get(*class)).copied().unwrap_or(0);
    let amount = chain.iter().map(has).chain(spare.get(last).copied()).fold(most, u64::min);
    let mut add = |role: usize, class: usize, more: bool| {
        if let Some(n) = given.get_mut(role).and_then(|g| g.get_mut(class)) {
            *n = if more { *n + amount } else { *n - amount };
        }
    };
    add(end.0, last, true);
    for (giver, taker, class) in chain {
        add(giver, class, false);
        add(taker, class, true);
    }
    if let Some(n) = spare.get_mut(last) {
        *n -= amount;
    }
    amount
}

/// Whether the demands can be met with one record of `class` standing for `role`.
pub(super) fn suffices_with(demands: &mut [u64], supplies: &mut [Supply], class: usize, role: usize) -> bool {
    let (Some(demand), Some((roles, supply))) = (demands.get_mut(role), supplies.get_mut(class)) else { return false };
    if *roles & (1 << role) == 0 || *demand == 0 || *supply == 0 {
        return false;
    }
    *demand -= 1;
    *supply -= 1;
    let enough = suffices(demands, supplies);
    if let (Some(demand), Some((_, supply))) = (demands.get_mut(role), supplies.get_mut(class)) {
        *demand += 1;
        *supply += 1;
    }
    enough
}
