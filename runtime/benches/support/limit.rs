//! What figures must come to.

/// What a figure must come to.
pub(super) struct Limit {
    pub(super) unit: &'static str,
    pub(super) bound: Bound,
}

/// See [`Limit`].
#[derive(Clone, Copy)]
pub(super) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {}", shown(*most)),
            Self::AtLeast(least) => write!(f, "≥ {}", shown(*least)),
        }
    }
}

/// The middle one of some figures.
pub(super) fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

/// Prints the figures of a row beside its limits. Whether all hold.
pub(super) fn judge(name: &str, limits: &[Limit], figures: &[f64]) -> bool {
    let mut all = true;
    for (limit, figure) in limits.iter().zip(figures) {
        let holds = limit.bound.holds(*figure);
        all &= holds;
        let verdict = if holds { "pass" } else { "FAIL" };
        println!("{verdict}  {name:<32} {:>12} {:<10} {}", shown(*figure), format!("({})", limit.bound), limit.unit);
    }
    all
}

/// A figure with as many digits as mean something.
fn shown(figure: f64) -> String {
    if figure >= 1000.0 {
        let whole = format!("{figure:.0}");
        let groups: Vec<&str> = whole.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
        return groups.join(",");
    }
    if figure >= 100.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}
