//! Words that SQL, Sigma and KQL have and huntflows have not: how the same is said here.

/// A word that begins a statement elsewhere.
pub(crate) fn statement(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_uppercase().as_str() {
        "SELECT" => "an example is p = GET process FROM stixshifter://NAME WHERE name = 'cmd.exe', then DISP p ATTR name, pid",
        "INCLUDE" | "IMPORT" | "USE" => "each huntflow is a file of its own; SAVE and LOAD hand rows from one to another",
        "IF" | "FOR" | "WHILE" | "FOREACH" => {
            "there are no conditions and loops; WHERE chooses what goes on: some = p WHERE pid > 4"
        }
        "LET" | "SET" | "DEF" => "a variable is bound without a word before it: name = GET …",
        _ => return None,
    })
}

/// A word that goes on a statement elsewhere.
pub(crate) fn clause(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_uppercase().as_str() {
        "ORDER" => "write SORT BY name ASC",
        "HAVING" => "filter the groups: few = groups WHERE n > 1",
        "AGGREGATE" | "AGG" | "COMPUTE" => "aggregates stand behind WITH: GROUP p BY name WITH COUNT(pid) AS n",
        "AND" | "OR" => "AND and OR stand behind WHERE",
        "-" => "what a variable has and another lacks: p WHERE x_unique_id NOT IN q.x_unique_id",
        "AS" => "columns have the names of their attributes; GROUP … WITH COUNT(pid) AS n names an aggregate",
        "TOP" | "TAKE" | "HEAD" => "write LIMIT and a number",
        _ => return None,
    })
}

/// A function in a comparison.
pub(crate) fn function(word: &str) -> &'static str {
    match word.to_ascii_uppercase().as_str() {
        "LOWER" | "UPPER" | "TOLOWER" | "TOUPPER" | "LCASE" | "UCASE" => "LIKE and MATCHES '(?i)…' ignore case",
        "LEN" | "LENGTH" | "STRLEN" | "CHAR_LENGTH" => "a length is a pattern here: MATCHES '^.{100,}$'",
        _ => "comparisons have no functions: attribute, operator, value",
    }
}
