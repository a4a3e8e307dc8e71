//! "Did you mean": the names nearest in spelling to a misspelt one.

use std::cmp::Reverse;

/// How many edits a word of this length may be away: one, or a third of its characters, but never all of them.
fn threshold(word: &str) -> usize {
    let length = word.chars().count();
    (length / 3).max(1).min(length.saturating_sub(1))
}

/// Up to three of `candidates`, nearest first; a name that differs in case alone is nearest of all.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = threshold(word);
    let lower = word.to_ascii_lowercase();
    let mut found: Vec<(usize, Reverse<usize>, &str)> = Vec::new();
    for candidate in candidates {
        let length = candidate.chars().count();
        if length.abs_diff(word.chars().count()) > limit || candidate == word {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &candidate.to_ascii_lowercase());
        if distance <= limit {
            let common = word.bytes().zip(candidate.bytes()).take_while(|(a, b)| a == b).count();
            found.push((distance, Reverse(common), candidate));
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(_, _, name)| name).take(3).collect()
}

/// The nearest of `candidates`.
pub fn best<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(word, candidates).into_iter().next()
}

/// `` `a`, `b` or `c` ``
pub fn either(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_or_a_third_of_the_word() {
        assert_eq!(nearest("comand_line", ["command_line", "name", "pid"]), ["command_line"]);
        assert_eq!(nearest("pdi", ["pid", "name"]), ["pid"], "a swap is one edit");
        assert!(nearest("pid", ["name", "cwd"]).is_empty());
        assert!(nearest("a", ["b", "p"]).is_empty(), "nothing in common");
        assert_eq!(nearest("P", ["p"]), ["p"]);
    }

    #[test]
    fn nearest_first_and_case_is_free() {
        assert_eq!(nearest("NAME", ["names", "name"]), ["name", "names"]);
        assert_eq!(nearest("procs", ["procs2", "proc"]), ["procs2", "proc"], "at one distance the longer common start");
        assert_eq!(best("zzz", ["procs"]), None);
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(either(&["a"]), "`a`");
        assert_eq!(either(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
