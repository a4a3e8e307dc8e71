//! The JSON of a huntbook: places lie in its text, formatting keeps it JSON and is stable.

use super::huntflow::places;
use huntc_compiler::program::notebook;
use huntc_compiler::source::SourceId;

/// A huntbook.
pub fn check(bytes: &[u8]) {
    let Ok(json) = std::str::from_utf8(bytes) else { return };
    let source = match notebook::read("fuzz.ipynb", json) {
        Ok(source) => source,
        Err(error) => {
            assert!(json.is_char_boundary(error.offset), "{} of {json:?}", error.offset);
            return;
        }
    };
    let starts: Vec<u32> = source.cells.iter().map(|c| c.start).collect();
    assert!(starts.is_sorted() && starts.iter().all(|s| source.text.is_char_boundary(*s as usize)), "{starts:?} {json:?}");
    super::huntflow::check(source.text.as_bytes());
    match notebook::format_notebook(SourceId(0), json) {
        Ok(once) => {
            assert!(notebook::read("fuzz.ipynb", &once).is_ok(), "{json:?} becomes {once:?}");
            assert_eq!(notebook::format_notebook(SourceId(0), &once).ok().as_ref(), Some(&once), "{json:?}");
        }
        Err(found) => places(&found, &source.text),
    }
}
