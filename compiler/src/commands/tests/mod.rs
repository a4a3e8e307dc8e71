//! Each command by itself: from one statement to its messages, its printed text, and its nodes.

mod reading;
mod shaping;
mod showing;

use crate::testing::compiled;

/// The statements before the tested one: processes `p` of `stixshifter://h`, and their traffic `nt`.
const BEGIN: &str = "p = GET process FROM stixshifter://h WHERE name = 'sh'
nt = FIND network-traffic CREATED BY p
";

/// The diagnostics of a statement after [`BEGIN`]: codes, and the text that is underlined.
fn told(statement: &str) -> Vec<(String, String)> {
    let all = compiled(&format!("{BEGIN}{statement}"));
    all.told().into_iter().map(|(code, text)| (code.to_owned(), text.to_owned())).collect()
}

/// The only diagnostic of a statement.
fn refused(statement: &str) -> String {
    match &told(statement)[..] {
        [(code, text)] => format!("{code} {text}"),
        other => format!("{other:?}"),
    }
}

/// A statement as it prints. Reading that again must give the same plan.
fn printed(statement: &str) -> String {
    let (begin, whole) = (compiled(BEGIN).printed(), compiled(&format!("{BEGIN}{statement}")));
    let text = whole.printed();
    assert_eq!(compiled(&text).lines(), whole.lines(), "{text}");
    text.strip_prefix(&begin).unwrap_or(&text).trim().to_owned()
}

/// The nodes that a statement adds to the two of [`BEGIN`]: `n0` scans, `n1` finds traffic.
fn added(statement: &str) -> Vec<String> {
    let nodes = compiled(&format!("{BEGIN}{statement}")).nodes();
    nodes[compiled(BEGIN).nodes().len()..].to_vec()
}

/// The last line of the plan: the last output.
fn output(statement: &str) -> String {
    compiled(&format!("{BEGIN}{statement}")).last()
}
