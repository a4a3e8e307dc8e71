//! The whole reference as one document: `docs/language.md`.

use super::page::PageTable;
use super::{types, words};
use huntc_compiler::catalog::{Catalog, EntityId};
use std::fmt::Write as _;

/// Ten questions, each with its hunt over the data of `huntc demo`.
const QUESTIONS: &str = include_str!("questions.hf");

const HEAD: &str = "\
# What can be asked

Made by `huntc catalog --format markdown`; a test holds it to what the program says. `huntc catalog WORD` shows a part of it: a
type, a field, a relation, a function. [semantics.md](semantics.md) says what a hunt means, [mapping.md](mapping.md) how to add
attributes and slots, [differences.md](differences.md) where Kestrel does otherwise.

## Ten questions

They run as they stand in the folder that `huntc demo` makes.
";

const FIELDS: &str = "\
## Fields of records

Every field of the Elastic Common Schema and of the modules below may stand wherever an attribute may: `event.code`, `user.id`,
`winlog.event_data.GrantedAccess`. It is compared with the record in which the entity stands, and is no part of the entity's
identity. Where an entity type has an attribute that is what the field holds in the type's first slot, the name means that
attribute: `process.command_line` of a process, `file.path` of a file, and also `destination.port` of a process, which is its
`opened_connection_refs.dst_port`. `record:` in front always means the field: `[record:process.name = 'cmd.exe']`.

* **Text** is what indexes as `keyword`, `wildcard`, `text` and the like hold; hashes, entity ids and MACs compare without
  case. Numbers, addresses, times and booleans compare as such. A value that the type does not read counts as absent.
* **Open groups** (`winlog.event_data.*`, `winlog.user_data.*`, `labels.*` and others) have keys that nobody lists: they are text.
* **Objects** have no value, their fields have: `process.parent` is none, `process.parent.name` is one.
* **Lists of objects** (`nested` in an index) are read as the values of all their objects together; a server is asked for all
  records of the window then, because it looks into such lists only by queries of another kind.
* **Copies in an index** (`process.command_line.text`) are in no record; the field itself is meant.
* **Older names** (`log.original`, `beat.hostname`) read what a record has under that name, else under today's.

Fields of your own, and types of keys of open groups, stand in `huntc.toml`. The types are text, integer, float, boolean,
time and address. `huntc doctor` compares them with what a source has.

```toml
[fields]
\"acme.score\" = \"integer\"
\"winlog.event_data.LogonType\" = \"integer\"
```
";

/// The whole reference in Markdown.
pub(super) fn whole(catalog: &Catalog) -> String {
    let mut out = HEAD.to_owned();
    for (question, hunt) in questions() {
        let _ = write!(out, "\n### {question}\n\n```kestrel\n{hunt}```\n");
    }
    let _ = write!(out, "\n{FIELDS}\n{}", words::sources(catalog).markdown());
    out.push_str("\n## Functions\n\n");
    let functions = Catalog::functions();
    out.push_str(&words::function_table(&functions).markdown());
    for row in &functions {
        let _ = write!(out, "\n```kestrel\n{}```\n", words::function_hunt(row));
    }
    out.push_str("\n## Relations\n\nLINKED holds between any two types.\n\n");
    let rows = catalog.relations.iter().map(|relation| types::relation_row(catalog, relation)).collect();
    out.push_str(&PageTable { title: "relations", columns: types::RELATION_COLUMNS, rows }.markdown());
    out.push_str("\n## Types\n\n`shown`: DISP without ATTR shows it. `list`: a record may have several values.\n");
    for (id, _) in (0u16..).map(EntityId).zip(&catalog.entities) {
        let mut page = types::page(catalog, id);
        page.tables.retain(|table| table.title != "relations");
        let _ = write!(out, "\n{}", page.markdown());
    }
    out
}

/// Each question with the statements below it.
fn questions() -> impl Iterator<Item = (&'static str, String)> {
    let parts = QUESTIONS.split("## ").filter(|part| !part.trim().is_empty());
    parts.filter_map(|part| part.split_once('\n')).map(|(question, hunt)| (question, format!("{}\n", hunt.trim_end())))
}
