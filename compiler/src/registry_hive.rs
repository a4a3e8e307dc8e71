//! Names of registry hives: `HKLM` and `HKEY_LOCAL_MACHINE` are the same.
//!
//! Source: Microsoft, "Predefined Keys" of the Windows registry, and the abbreviations that Sysmon writes.

const HIVES: [(&str, &str); 7] = [
    ("HKLM", "HKEY_LOCAL_MACHINE"),
    ("HKU", "HKEY_USERS"),
    ("HKCU", "HKEY_CURRENT_USER"),
    ("HKCR", "HKEY_CLASSES_ROOT"),
    ("HKCC", "HKEY_CURRENT_CONFIG"),
    ("HKPD", "HKEY_PERFORMANCE_DATA"),
    ("HKDD", "HKEY_DYN_DATA"),
];

/// The hive's short name, and the rest with its backslash, of a text that begins with a hive name and a backslash. The name
/// must be in upper case; with `fold` it may be in any.
pub fn split(text: &str, fold: bool) -> Option<(&'static str, &str)> {
    let at = text.find('\\')?;
    let (hive, rest) = text.split_at(at);
    let same = |name: &str| if fold { hive.eq_ignore_ascii_case(name) } else { hive == name };
    HIVES.iter().find(|(short, long)| same(short) || same(long)).map(|(short, _)| (*short, rest))
}

/// The text in every spelling of its hive; `None` where it begins with none.
pub fn spellings(text: &str, fold: bool) -> Option<Vec<String>> {
    let (short, rest) = split(text, fold)?;
    let long = HIVES.iter().find(|(s, _)| *s == short).map_or(short, |(_, long)| long);
    Some(vec![format!("{short}{rest}"), format!("{long}{rest}")])
}

/// The text with its hive's short name, whatever spelling it has; with `fold` in any case.
pub fn canonical(text: &str, fold: bool) -> std::borrow::Cow<'_, str> {
    match split(text, fold) {
        Some((short, rest)) => format!("{short}{rest}").into(),
        None => text.into(),
    }
}
