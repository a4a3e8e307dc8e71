//! Parameters: their values are written into the text before it is read.

/// The text with each value in the place of its name.
pub(crate) fn filled(text: &str) -> String {
    let mut out = text.to_owned();
    let declared = text.lines().take_while(|line| line.trim().is_empty() || line.starts_with('#'));
    let declared = declared.filter_map(|line| line.strip_prefix("# param:")?.split_once('='));
    for (name, value) in declared.map(|(name, value)| (name.trim(), value.trim())) {
        // The name of a source stands there without quotes.
        out = out.replace(&format!("://${name}"), &format!("://{}", value.trim_matches('\'')));
        out = out.replace(&format!("${name}"), value);
    }
    out
}
