//! Reading configuration files, and names in them.

use std::path::Path;

/// The name under which a source is bound. Huntflows may write it in any case and with any scheme.
pub fn source_name(text: &str) -> String {
    let text = text.trim();
    text.split_once("://").map_or(text, |(_, name)| name).to_lowercase()
}

/// The text of a configuration file. The error says why it cannot be read; files over 16 MB are refused.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    use std::io::Read;
    const LIMIT: u64 = 16 << 20;
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(LIMIT + 1).read_to_string(&mut text).map_err(|e| e.to_string())?;
    if text.len() as u64 > LIMIT { Err("it has more than 16 MB".to_owned()) } else { Ok(text) }
}
