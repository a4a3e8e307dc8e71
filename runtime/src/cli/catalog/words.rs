//! Pages about fields, relations and functions, and the page of everything.

use super::page::{Page, PageTable};
use super::types;
use huntc_compiler::catalog::{Catalog, FunctionRow, KnownField, ValueType, canonical, known_field, known_fields};
use huntc_compiler::diag::suggest;
use std::collections::BTreeMap;

/// The page of a field; `None` where nobody knows one of this name.
pub(super) fn field(catalog: &Catalog, name: &str) -> Option<Page> {
    let field = catalog.record_field(name)?;
    let known = known_field(name);
    let mut about = vec![match (catalog.own_field(name).filter(|own| own.declared), known) {
        (Some(_), _) => format!("{}; declared under [fields] in huntc.toml.", kind(field.ty, true)),
        (None, Some(known)) => format!("{}; defined by {}.", kind(field.ty, known.many), source(known.source)),
        (None, None) => kind(field.ty, true),
    }];
    if let Some(known) = known.filter(KnownField::is_open) {
        about.push(format!("A key of the open group `{}`: text, unless [fields] in huntc.toml says otherwise.", known.name));
    }
    if let Some(now) = known.and_then(|known| known.now) {
        about.push(format!("An older name: today it is `{now}`, which is read where a record lacks `{name}`."));
    }
    about.push("It may stand wherever an attribute of an entity of the same record may.".to_owned());
    let attribute_of = |entity: &huntc_compiler::catalog::Entity| {
        let attribute = entity.attributes.get(usize::from(entity.attribute_of_field(name)?.0))?;
        Some(vec![entity.name.clone(), attribute.name.clone()])
    };
    let rows = catalog.entities.iter().filter_map(attribute_of).collect();
    let example = format!(
        "x = GET process FROM stixshifter://NAME WHERE {name} = {} LAST 1 d\nDISP x ATTR host.name, name, {name}\n",
        types::literal(field.ty)
    );
    let table = PageTable { title: "is the attribute", columns: &["of", "attribute"], rows };
    Some(Page { kind: "field", name: name.to_owned(), about, tables: vec![table], example: Some(example) })
}

fn kind(ty: ValueType, many: bool) -> String {
    format!("{}, {}", ty.word(), if many { "one value or several" } else { "one value" })
}

/// Who defines a field, in words.
fn source(source: &str) -> String {
    match source.split_once('/') {
        None if source == "ecs" => "the Elastic Common Schema".to_owned(),
        None => format!("{source}, for all of its modules"),
        Some(("ecs", version)) => format!("version {version} of the Elastic Common Schema, not by later ones"),
        Some(("endpoint", stream)) => format!("Elastic Endpoint, in the data stream {stream}"),
        Some((shipper, module)) => format!("{shipper}, in the module {module}"),
    }
}

/// The fields that have a word in their names; `None` where there is none.
pub(super) fn fields_with(catalog: &Catalog, word: &str) -> Option<Page> {
    let wanted = word.to_ascii_lowercase();
    let names: Vec<&str> = catalog.record_field_names().filter(|name| name.to_ascii_lowercase().contains(&wanted)).collect();
    let row = |name: &&str| {
        let field = catalog.record_field(name)?;
        let source = if catalog.own_field(name).is_some_and(|own| own.declared) {
            "[fields]"
        } else {
            known_field(name).map_or("", |known| known.source)
        };
        Some(vec![(*name).to_owned(), field.ty.word().to_owned(), source.to_owned()])
    };
    let rows: Vec<Vec<String>> = names.iter().filter_map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let table = PageTable { title: "fields", columns: &["field", "type", "source"], rows };
    let mut about = vec![format!("Fields with this word in their names: {}.", table.rows.len())];
    if let Some(near) = suggest::best(word, catalog.entities.iter().map(|entity| entity.name.as_str())) {
        about.push(format!("`huntc catalog {near}` shows a type of a similar name."));
    }
    Some(Page { kind: "fields", name: word.to_owned(), about, tables: vec![table], example: None })
}

/// The page of an attribute: the types that have it; `None` where there is none of this name.
pub(super) fn attribute(catalog: &Catalog, word: &str) -> Option<Page> {
    let name = canonical(word);
    let mut rows = Vec::new();
    for entity in &catalog.entities {
        rows.extend(types::attributes(entity).rows.into_iter().filter(|row| row.first() == Some(&name)).map(|mut row| {
            row.insert(0, entity.name.clone());
            row
        }));
    }
    let of = rows.first()?.first()?.clone();
    let table = PageTable { title: "of", columns: &["of", "attribute", "type", "slot", "fields", "flags"], rows };
    let get = types::example(catalog.get(catalog.entity(&of)?));
    let example = Some(get.replace("DISP x\n", &format!("DISP x ATTR {name}\n")));
    Some(Page { kind: "attribute", name, about: Vec::new(), tables: vec![table], example })
}

/// The page of a relation; `None` where there is none of this name.
pub(super) fn relation(catalog: &Catalog, word: &str) -> Option<Page> {
    let word = word.to_ascii_lowercase();
    let word = word.strip_suffix(" by").unwrap_or(&word);
    if word == "linked" {
        let about = vec![
            "LINKED holds between any two types: both stand in one record, whatever their slots.".to_owned(),
            "Beside files, registry keys and domain names a process stands in `self` only.".to_owned(),
        ];
        let type_of_example = catalog.example_type();
        let example = example_of(&format!("FIND {type_of_example} LINKED x"), type_of_example, catalog);
        return Some(Page { kind: "relation", name: "LINKED".to_owned(), about, tables: Vec::new(), example });
    }
    let rows: Vec<_> = catalog.relations.iter().filter(|relation| relation.name == word).collect();
    let first = rows.iter().find(|relation| relation.inexpressible.is_none())?;
    let statement = format!("FIND {} {first} x", catalog.get(first.output).name);
    let example = example_of(&statement, &catalog.get(first.input).name, catalog);
    let table = PageTable {
        title: "statements",
        columns: types::RELATION_COLUMNS,
        rows: rows.iter().map(|relation| types::relation_row(catalog, relation)).collect(),
    };
    let about = vec!["A way leads from the slot of the entities that are given to the slot of those that are found.".to_owned()];
    Some(Page { kind: "relation", name: word.to_uppercase(), about, tables: vec![table], example })
}

fn example_of(find: &str, input: &str, catalog: &Catalog) -> Option<String> {
    let entity = catalog.get(catalog.entity(input)?);
    let get = types::example(entity);
    let get = get.lines().next()?;
    Some(format!("{get}\ny = {find}\nDISP y\n"))
}

/// The page of a function; `None` where there is none of this name.
pub(super) fn function(word: &str) -> Option<Page> {
    let row = Catalog::functions().into_iter().find(|row| row.name.eq_ignore_ascii_case(word))?;
    let place = if row.kind == "aggregate" { "GROUP … WITH" } else { "an assignment's WITH" };
    let about = vec![format!("Called in {place}: {}.", row.about), format!("It takes: {}. It gives: {}.", row.takes, row.gives)];
    let example = Some(function_hunt(&row));
    Some(Page { kind: "function", name: row.name, about, tables: Vec::new(), example })
}

/// A hunt that calls a function.
pub(super) fn function_hunt(row: &FunctionRow) -> String {
    let get = "x = GET process FROM stixshifter://NAME WHERE pid >= 0 LAST 1 d";
    let result = row.example.split(' ').next().unwrap_or_default();
    format!("{get}\n{}\nDISP {result}\n", row.example)
}

/// The page of everything: what there is, by name.
pub(super) fn overview(catalog: &Catalog) -> Page {
    let types = catalog.entities.iter().map(|entity| {
        let words: Vec<&str> = entity.aliases.iter().chain(&entity.words).map(String::as_str).collect();
        vec![entity.name.clone(), words.join(", "), entity.attributes.len().to_string()]
    });
    let mut relations: Vec<String> = catalog.relations.iter().map(|r| r.name.to_uppercase()).chain(["LINKED".to_owned()]).collect();
    relations.sort();
    relations.dedup();
    let functions = Catalog::functions();
    Page {
        kind: "catalog",
        name: "all that can be hunted".to_owned(),
        about: vec![
            "`huntc catalog WORD` shows a type, a field, a relation or a function, or the fields with a word in their names."
                .to_owned(),
        ],
        tables: vec![
            PageTable { title: "types", columns: &["type", "also", "attributes"], rows: types.collect() },
            PageTable { title: "relations", columns: &["relation"], rows: relations.into_iter().map(|name| vec![name]).collect() },
            function_table(&functions),
            sources(catalog),
        ],
        example: None,
    }
}

/// All functions.
pub(super) fn function_table(functions: &[FunctionRow]) -> PageTable {
    let row = |f: &FunctionRow| [&f.name, &f.kind, &f.takes, &f.gives, &f.about].map(Clone::clone).to_vec();
    let columns = &["function", "kind", "takes", "gives", "about"];
    PageTable { title: "functions", columns, rows: functions.iter().map(row).collect() }
}

/// How many fields each source defines.
pub(super) fn sources(catalog: &Catalog) -> PageTable {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for known in known_fields() {
        *sources.entry(known.source).or_default() += 1;
    }
    let own = catalog.own_fields.iter().filter(|own| own.declared).count();
    if own > 0 {
        sources.insert("[fields]", own);
    }
    let rows = sources.into_iter().map(|(source, fields)| vec![source.to_owned(), fields.to_string()]);
    PageTable { title: "fields of records", columns: &["source", "fields"], rows: rows.collect() }
}
