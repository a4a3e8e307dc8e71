//! Other words for attributes that the catalog does not list: those of Kestrel 2 and OCSF.

/// First segments of attributes: OCSF word, word of the catalog.
const SEGMENTS: &[(&str, &str)] = &[("actor.process.", ""), ("parent_process.", "parent_ref."), ("user_ref.", "creator_user_ref.")];

/// Whole attributes: OCSF word, words of the catalog. The first that the type has is meant.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("cmd_line", &["command_line"]),
    ("parent_process.cmd_line", &["parent_ref.command_line"]),
    ("parent_process.uid", &["parent_ref.x_unique_id"]),
    ("registry.key", &["key"]),
    ("path", &["x_path", "binary_ref.x_path"]),
    ("uid", &["x_unique_id"]),
];

/// Further names under which the catalog may have an attribute.
pub(super) fn attributes(name: &str) -> Vec<String> {
    let whole = ATTRIBUTES.iter().filter(|(alias, _)| *alias == name).flat_map(|(_, names)| names.iter().map(|n| (*n).to_owned()));
    let starts = SEGMENTS.iter().filter_map(|(from, to)| Some(format!("{to}{}", name.strip_prefix(from)?)));
    whole.chain(starts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn every_word_leads_somewhere() {
        let catalog = Catalog::builtin();
        for (word, names) in ATTRIBUTES {
            assert!(names.iter().any(|n| catalog.entities.iter().any(|e| e.attribute(n).is_some())), "{word}");
        }
    }

    #[test]
    fn other_words_reach_the_catalogs() {
        assert_eq!(attributes("actor.process.name"), ["name"]);
        assert_eq!(attributes("path"), ["x_path", "binary_ref.x_path"]);
        assert!(attributes("name").is_empty());
    }
}
