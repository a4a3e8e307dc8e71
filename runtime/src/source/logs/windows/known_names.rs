//! Names that stand in event after event, which are not copied out of binary XML.

use super::data::{FIELDS, rows};
use foldhash::HashSet;
use std::sync::LazyLock;

/// The elements and attributes around the values of an event.
const AROUND: [&str; 26] = [
    "Data",
    "Name",
    "Event",
    "xmlns",
    "System",
    "Provider",
    "Guid",
    "EventID",
    "Qualifiers",
    "Version",
    "Level",
    "Task",
    "Opcode",
    "Keywords",
    "TimeCreated",
    "SystemTime",
    "EventRecordID",
    "Correlation",
    "Execution",
    "ProcessID",
    "ThreadID",
    "Channel",
    "Computer",
    "Security",
    "UserID",
    "EventData",
];
/// No name has more characters.
const LONGEST: usize = 64;

/// Those, the providers of the table, and the names of their values.
static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let of_table = rows(FIELDS).flat_map(|[provider, _, value, _, _, _]| [provider, value]);
    AROUND.into_iter().chain(of_table).collect()
});

/// The known names of a chunk by their places: most are read from one place again and again.
pub(super) struct PlacedNames([(usize, &'static str); PLACES]);

const PLACES: usize = 128;

impl PlacedNames {
    pub(super) fn of_a_chunk() -> Self {
        Self([(usize::MAX, ""); PLACES])
    }

    /// The name that these bytes of UTF-16 are, which stand at this place of the chunk, if it is known.
    pub(super) fn at(&mut self, place: usize, utf_16: &[u8]) -> Option<&'static str> {
        // Names stand at least four bytes apart.
        let kept = self.0.get_mut(place / 4 % PLACES)?;
        if kept.0 != place {
            *kept = (place, known(utf_16)?);
        }
        Some(kept.1)
    }
}

/// The name that these bytes of UTF-16 are, if it is known.
fn known(utf_16: &[u8]) -> Option<&'static str> {
    let (units, _) = utf_16.as_chunks::<2>();
    let mut ascii = [0; LONGEST];
    let name = ascii.get_mut(..units.len())?;
    let mut all = 0;
    for (byte, unit) in name.iter_mut().zip(units) {
        [*byte, _] = *unit;
        all |= u16::from_le_bytes(*unit);
    }
    if all >= 0x80 {
        return None;
    }
    KNOWN.get(std::str::from_utf8(name).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&'static str> {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        known(&bytes)
    }

    #[test]
    fn only_whole_names_are_known() {
        for name in ["Data", "ParentCommandLine", "Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing"] {
            assert_eq!(found(name), Some(name));
            assert_eq!(found(&name[1..]), None);
            assert_eq!(found(&format!("{name}s")), None);
        }
        // Its units end as those of `Data` do, and have another byte before.
        assert_eq!(found("\u{144}ata"), None);
        assert_eq!(found(""), None);
        assert_eq!(found(&"x".repeat(LONGEST + 1)), None);
    }

    #[test]
    fn a_place_has_the_name_that_stands_there() {
        let mut names = PlacedNames::of_a_chunk();
        let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        for _ in 0..2 {
            for (place, name) in [(0, "Data"), (4 * PLACES, "Name"), (6, "Image"), (usize::MAX - 3, "Task")] {
                assert_eq!(names.at(place, &utf_16(name)), Some(name));
            }
            assert_eq!(names.at(8 * PLACES, &utf_16("no name")), None);
        }
    }

    #[test]
    fn no_name_is_too_long_to_be_known() {
        assert!(KNOWN.iter().all(|name| name.len() <= LONGEST && found(name) == Some(*name)));
    }
}
