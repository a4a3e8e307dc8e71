//! The names of members, as reports show them.

use super::unpacking::Unpacking;
use crate::source::SourceError;
use crate::source::logs::file_kind::FileKind;
use foldhash::HashMap;
use std::io::Read;

/// What a member holds, or why that cannot be read.
pub(super) type MemberContent<'r> = Result<Box<dyn Read + 'r>, &'static FileKind>;

/// Takes the members of an archive, by the names that are shown.
pub(super) type TakeMember<'t> = dyn FnMut(&str, MemberContent<'_>) -> Result<(), SourceError> + 't;

/// The longest name of a member that is shown whole.
const LONGEST: usize = 1_000;
/// Bytes that a member takes while its source is open, beside its name, roughly.
const EACH: usize = 256;

/// A name as a path below the archive; `None` for members that are hidden, as files of folders are, and for what macOS puts
/// beside files. Roots, drives and `..` lead nowhere.
pub(super) fn shown(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | "..")).collect();
    if parts.is_empty() || parts.iter().any(|part| part.starts_with('.') || *part == "__MACOSX") {
        return None;
    }
    let mut shown = parts.join("/");
    if shown.len() > LONGEST {
        shown.truncate(shown.floor_char_boundary(LONGEST));
        shown.push('…');
    }
    Some(shown)
}

/// The names that were given. Two members of one name stay apart, so that each can be found again.
#[derive(Default)]
pub(super) struct Names(HashMap<String, u32>);

impl Names {
    pub(super) fn take(&mut self, name: String, unpacking: &Unpacking<'_>) -> Result<String, SourceError> {
        unpacking.one_more(EACH + 2 * name.len(), self.0.len())?;
        let times = self.0.entry(name.clone()).or_insert(0);
        *times += 1;
        Ok(if *times == 1 { name } else { format!("{name} ({times})") })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        for (name, wanted) in [
            ("a.json", Some("a.json")),
            ("./logs//a.json", Some("logs/a.json")),
            ("/etc/passwd", Some("etc/passwd")),
            ("../../a.json", Some("a.json")),
            ("C:\\logs\\a.json", Some("C:/logs/a.json")),
            (".hidden/a.json", None),
            ("logs/.a.json", None),
            ("__MACOSX/logs/a.json", None),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(shown(name).as_deref(), wanted, "{name}");
        }
        assert!(shown(&"ä".repeat(10_000)).is_some_and(|name| name.len() < 1_010));
    }
}
