//! Words are keywords only where the grammar takes them: every keyword in every place that takes a name.

use super::{parse, show};
use crate::program::format::erased;
use crate::program::print;
use crate::syntax::token::Keyword;
use std::fmt::Write as _;

/// Whether a place takes a keyword as a name.
type Takes = fn(Keyword) -> bool;

const EVERY: Takes = |_| true;
/// AND, OR and NOT are never a value: something is missing before them.
const VALUE: Takes = |k| !matches!(k, Keyword::And | Keyword::Or | Keyword::Not);
/// NOT before a comparison is a mistake that people make.
const COMPARED: Takes = |k| k != Keyword::Not;
const VARIABLE: Takes = |k| !k.statement();

/// Texts with a place for a name, `{}`. A word that the file binds is a variable wherever one can stand.
const PLACES: &[(&str, Takes)] = &[
    ("{} = GET process FROM s WHERE pid = 1", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nDISP {}", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nDISP {} ATTR name", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nINFO {}", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nEXPLAIN {}", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nDESCRIBE {}.pid", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nSAVE {} TO /tmp/x.csv", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nAPPLY a ON {}", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nAPPLY a ON y, {} WITH k = 1", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = {}", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = {} WHERE pid = 1", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = x + {}", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = {} + x", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = TIMESTAMPED({})", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\nDISP TIMESTAMPED({}) ATTR pid", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = SORT {} BY pid", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = GROUP {} BY pid", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = JOIN {}, x BY pid, pid", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = JOIN x, {}", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = GET process FROM {} WHERE pid = 1", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = FIND process CREATED BY {}", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\ny = FIND process CREATED {} WHERE pid = 1", |k| !k.statement() && k != Keyword::By),
    ("{} = GET process FROM s WHERE pid = 1\ny = x WHERE pid = {}.pid", VARIABLE),
    ("{} = GET process FROM s WHERE pid = 1\n{} = {} ATTR pid", VARIABLE),
    ("x = y ATTR {}", EVERY),
    ("x = y ATTR {}, pid", EVERY),
    ("x = y ATTR pid, {} LIMIT 3", EVERY),
    ("DISP y ATTR {}\nDISP x", EVERY),
    ("x = y SORT BY {}", EVERY),
    ("x = y SORT BY {} ASC", EVERY),
    ("SORT y BY {} DESC", EVERY),
    ("g = GROUP y BY {}", EVERY),
    ("g = GROUP y BY {}, pid WITH COUNT({})", EVERY),
    ("g = GROUP y BY BIN({}, 5m)", EVERY),
    ("x = JOIN a, b BY {}, {}", EVERY),
    ("DESCRIBE y.{}", EVERY),
    ("x = y WHERE {} = 1", COMPARED),
    ("x = y WHERE {} LIKE 'a' AND pid = 1", COMPARED),
    ("x = y WHERE pid = 1 OR {} IS NULL", COMPARED),
    ("x = y WHERE [process:{} IN (1, 2)]", EVERY),
    ("x = y WHERE pid = z.{}", EVERY),
    ("g = GROUP y BY pid WITH MAX(name) AS {}", EVERY),
    ("g = GROUP y BY pid WITH MAX(name) AS {}, MIN(name) AS low", EVERY),
    ("g = GROUP y BY pid WITH MAX(name) AS {}\nDISP g", EVERY),
    ("APPLY a ON y WITH {} = 1", EVERY),
    ("APPLY a ON y WITH k = 1, {} = 'x'", EVERY),
    ("APPLY a ON y WITH k = {}", VALUE),
    ("APPLY a ON y WITH k = ({}, b)", EVERY),
    ("x = y WHERE name = {}", VALUE),
    ("x = y WHERE name = {} AND pid = 1", VALUE),
    ("x = y WHERE name = {} LIMIT 3", VALUE),
    ("x = y WHERE name IN ({}, b)", EVERY),
    ("x = y WHERE name = {}\nDISP x", VALUE),
    ("x = GET process FROM {} WHERE pid = 1", EVERY),
    ("x = LOAD {} AS process", EVERY),
    ("SAVE x TO {}", EVERY),
    ("APPLY {} ON x", EVERY),
    ("x = NEW process [{\"{}\": 1}]", EVERY),
];

#[test]
fn names_and_keywords_in_every_place() {
    let mut wrong = String::new();
    for (place, takes) in PLACES {
        // `IN~` is no word that could name anything.
        for keyword in Keyword::ALL.iter().filter(|k| **k != Keyword::InAnyCase) {
            for word in [keyword.word().to_owned(), keyword.word().to_lowercase()] {
                let text = place.replace("{}", &word);
                let (program, found) = parse(&text);
                let right = if takes(*keyword) { found.is_empty() } else { found.len() == 1 };
                if !right {
                    let _ = writeln!(wrong, "{text}\n{}", show(&text, &found));
                } else if found.is_empty() {
                    let printed = print::program(&program);
                    assert_eq!(erased(parse(&printed).0), erased(program), "{text}\n{printed}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
