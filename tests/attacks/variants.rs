//! Variants of an attack: one scene, and what differs.

use toml::{Table, Value};

/// The attacks of a class as they are played. `each.NAME = "TEXT"` makes one attack of each name, in which `[each]` is the text;
/// `each.NAME = { text = "TEXT", exit = 3, … }` sets other values too. The quick run plays one of them.
pub(super) fn spread(class: &mut Table) {
    let Some(Value::Array(attacks)) = class.get_mut("attack") else { panic!("a class has attacks") };
    *attacks = std::mem::take(attacks).into_iter().flat_map(variants).collect();
}

fn variants(attack: Value) -> Vec<Value> {
    let Value::Table(mut scene) = attack else { panic!("an attack is a table") };
    let Some(each) = scene.remove("each") else { return vec![Value::Table(scene)] };
    let Value::Table(each) = each else { panic!("`each` is a table") };
    let mut attacks: Vec<Table> = each.into_iter().map(|(name, variant)| one(&scene, &name, variant)).collect();
    for attack in attacks.iter_mut().skip(1) {
        attack.insert("slow".to_owned(), Value::Boolean(true));
    }
    attacks.into_iter().map(Value::Table).collect()
}

fn one(scene: &Table, name: &str, variant: Value) -> Table {
    let mut own = match variant {
        Value::String(text) => Table::from_iter([("text".to_owned(), Value::String(text))]),
        Value::Table(own) => own,
        other => panic!("{name}: {other} is no variant"),
    };
    let text = own.remove("text").map_or_else(String::new, |text| text.as_str().unwrap().to_owned());
    let mut attack = scene.clone();
    let title = format!("{}: {name}", attack["name"].as_str().unwrap());
    for (key, value) in own {
        match (attack.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => old.extend(new),
            (Some(Value::Array(old)), Value::Array(new)) => old.extend(new),
            (_, value) => _ = attack.insert(key, value),
        }
    }
    attack.insert("name".to_owned(), Value::String(title));
    let mut whole = Value::Table(attack);
    fill(&mut whole, &text);
    whole.as_table().unwrap().clone()
}

/// Puts the text wherever `[each]` stands.
fn fill(value: &mut Value, text: &str) {
    match value {
        Value::String(s) => *s = s.replace("[each]", text),
        Value::Array(values) => values.iter_mut().for_each(|v| fill(v, text)),
        Value::Table(values) => values.iter_mut().for_each(|(_, v)| fill(v, text)),
        _ => {}
    }
}
