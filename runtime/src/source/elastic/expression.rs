//! The parts of an index expression: indices of the server itself, and those of remote clusters (`cluster:index`).

/// The names of an index expression, in their order.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    expression.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// Whether a name is of a remote cluster. In date math a colon belongs to a time zone.
fn is_remote(name: &str) -> bool {
    name.split('<').next().unwrap_or(name).contains(':')
}

fn is_exclusion(name: &str) -> bool {
    name.starts_with('-')
}

/// The names that pass, as an expression; `None` when none of them stands for an index.
fn part(expression: &str, passes: impl Fn(&str) -> bool) -> Option<String> {
    let part: Vec<&str> = names(expression).filter(|name| passes(name)).collect();
    part.iter().any(|name| !is_exclusion(name)).then(|| part.join(","))
}

/// The expression for the indices of the server itself.
pub(super) fn local(expression: &str) -> Option<String> {
    part(expression, |name| !is_remote(name))
}

/// The expression for the indices of remote clusters.
pub(super) fn remote(expression: &str) -> Option<String> {
    part(expression, is_remote)
}

/// The names that an alias of the same meaning would have; `None` where there is no such alias, as of remote indices and exclusions.
pub(super) fn to_alias(expression: &str) -> Option<Vec<&str>> {
    let stays = |name: &str| !is_remote(name) && !is_exclusion(name) && !name.starts_with('<');
    names(expression).all(stays).then(|| names(expression).collect())
}

/// The pattern of what all names begin with; `None` where they begin in different ways.
pub(super) fn pattern(expression: &str) -> Option<String> {
    let common = |a: &str, b: &str| a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum::<usize>();
    let mut all = names(expression).filter(|name| !is_exclusion(name));
    let first = all.next()?;
    let length = all.fold(first.len(), |length, name| length.min(common(first, name)));
    let start = first.get(..length)?.trim_end_matches(|c: char| c.is_ascii_digit() || c == '*');
    (!start.is_empty() && !start.contains(['<', '*'])).then(|| format!("{start}*"))
}

/// Whether an expression names this remote cluster, perhaps by a pattern.
pub(super) fn names_cluster(remote: &str, cluster: &str) -> bool {
    names(remote).filter(|name| !is_exclusion(name)).filter_map(|name| name.split_once(':')).any(|(of, _)| fits(of, cluster))
}

/// Whether a name fits a pattern, in which `*` is any characters.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name
            .strip_prefix(before)
            .is_some_and(|rest| rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| fits(after, &rest[at..]))),
    }
}

/// The patterns for indices of the server itself. A server may take them for those indices only that the user may see, where
/// it refuses names that are written out.
pub(super) fn patterns(expression: &str) -> Vec<&str> {
    let pattern =
        |name: &&str| !is_remote(name) && !is_exclusion(name) && !name.starts_with('<') && (name.contains('*') || *name == "_all");
    names(expression).filter(pattern).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_has_local_and_remote_parts() {
        let parts = |e| (local(e), remote(e));
        let some = |t: &str| Some(t.to_owned());
        assert_eq!(parts("a-*,b,-a-x"), (some("a-*,b,-a-x"), None));
        assert_eq!(parts("a-*,far:b-*,-a-x,*:c"), (some("a-*,-a-x"), some("far:b-*,*:c")));
        assert_eq!(parts("far:b-*,-far:x"), (None, some("far:b-*,-far:x")));
        let math = "<logs-{now/d{yyyy|+12:00}}>";
        assert_eq!(parts(math), (some(math), None));
        assert!(names_cluster("far:b-*", "far") && names_cluster("x:a,f*r:b-*", "far") && !names_cluster("-far:b,x:a", "far"));
        assert_eq!(
            (pattern("a-2023,a-2024-*,-a-x").as_deref(), pattern("a-1,b-1"), pattern("<a-{now/d}>")),
            (Some("a-*"), None, None)
        );
        assert_eq!((pattern("far:a-1,far:a-2").as_deref(), pattern("1,12")), (Some("far:a-*"), None));
        assert_eq!(to_alias("a-1,b-*"), Some(vec!["a-1", "b-*"]));
        assert_eq!(patterns("a-*,b,-c*,far:d*,<e-{now/d}-*>,*"), ["a-*", "*"]);
    }
}
