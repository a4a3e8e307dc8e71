//! Random patterns, over what the random records hold.

use super::Rng;
use super::records::{ADDRESSES, IDS, MACS, NUMBERS, TEXTS, TIMES};
use huntc_compiler::catalog::{AttrId, Catalog, EntityId, ValueType};
use huntc_compiler::check::hir::{Attr, Operand, Predicate, Test, TestOp};
use huntc_compiler::source::{SourceId, Span};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::collections::BTreeMap;

/// Attributes whose fields the random records have.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("mac-addr", &["value"]),
    (
        "process",
        &[
            "name",
            "pid",
            "command_line",
            "x_unique_id",
            "cwd",
            "arguments",
            "created",
            "binary_ref.name",
            "binary_ref.x_path",
            "binary_ref.parent_directory_ref.path",
            "binary_ref.hashes.MD5",
            "creator_user_ref.user_id",
            "parent_ref.name",
            "parent_ref.pid",
            "parent_ref.binary_ref.name",
            "x_exit_code",
        ],
    ),
    ("network-traffic", &["src_ref.value", "src_port", "dst_ref.value", "dst_port", "protocols", "src_byte_count"]),
    (
        "file",
        &[
            "name",
            "x_path",
            "parent_directory_ref.path",
            "size",
            "hashes.MD5",
            "created",
            "x_code_signature.valid",
            "x_code_signature.exists",
        ],
    ),
    ("windows-registry-key", &["key", "x_path", "values.name", "values.data"]),
    ("user-account", &["user_id", "x_domain"]),
    ("network-traffic", &["src_ref.value", "dst_ref.value"]),
    ("file", &["created", "x_code_signature.valid", "size"]),
    ("process", &["created", "x_exit_code"]),
    ("ipv4-addr", &["value"]),
    ("ipv6-addr", &["value"]),
    ("ipv6-addr", &["value"]),
    ("domain-name", &["value"]),
    ("x-oca-asset", &["hostname"]),
];

pub(super) fn pattern(random: &mut Rng) -> (EntityId, Predicate) {
    let (name, attributes) = *random.pick(ATTRIBUTES);
    let entity = Catalog::builtin().entity(name).expect("the catalog has the type");
    let predicate = predicate(random, name, attributes, 2);
    (entity, predicate)
}

/// A pattern of one comparison of a kind.
pub(super) fn one_of_kind(random: &mut Rng, kind: &Kind) -> (EntityId, Predicate) {
    loop {
        let (name, attributes) = *random.pick(ATTRIBUTES);
        let attribute = *random.pick(attributes);
        let test = test(random, name, attribute);
        if *kind == (self::name(&test.op).to_owned(), test.ty.word().to_owned(), test.negated) {
            return (test.entity, Predicate::Test(Box::new(test)));
        }
    }
}

fn predicate(random: &mut Rng, name: &str, attributes: &[&str], depth: usize) -> Predicate {
    if depth == 0 || random.chance(50) {
        // Now and then a comparison on another type of the same record.
        let (name, attributes) = if random.chance(8) { *random.pick(&ATTRIBUTES[..6]) } else { (name, attributes) };
        let attribute = attribute(random, name, attributes);
        return Predicate::Test(Box::new(test(random, name, attribute)));
    }
    let parts = (0..2 + random.below(2)).map(|_| predicate(random, name, attributes, depth - 1)).collect();
    if random.chance(50) { Predicate::And(parts) } else { Predicate::Or(parts) }
}

/// An attribute, each value type as often as any other, so that all are tried enough.
fn attribute<'a>(random: &mut Rng, name: &str, attributes: &[&'a str]) -> &'a str {
    let catalog = Catalog::builtin();
    let kind = catalog.get(catalog.entity(name).expect("the catalog has the type"));
    let ty = |a: &str| kind.attributes[usize::from(kind.attribute(a).unwrap_or_else(|| panic!("{name} has {a}")).0)].ty;
    let mut types: Vec<ValueType> = Vec::new();
    for a in attributes {
        if !types.contains(&ty(a)) {
            types.push(ty(a));
        }
    }
    let wanted = *random.pick(&types);
    let fitting: Vec<&str> = attributes.iter().copied().filter(|a| ty(a) == wanted).collect();
    fitting[random.below(fitting.len())]
}

fn test(random: &mut Rng, name: &str, attribute: &str) -> Test {
    let catalog = Catalog::builtin();
    let entity = catalog.entity(name).expect("the catalog has the type");
    let attr: AttrId = catalog.get(entity).attribute(attribute).unwrap_or_else(|| panic!("{name} has {attribute}"));
    let ty = catalog.attribute(entity, attr).ty;
    let ops = operators(ty);
    let chosen = random_name(random, ops);
    let op = operator(random, chosen, ty);
    let like = matches!(op, TestOp::Like(_));
    let fold = like || random.chance(10);
    let negated = random.chance(40);
    Test { entity, attr: Attr::Catalog(attr), ty, negated, op, fold, span: Span::new(SourceId(0), 0, 0) }
}

fn random_name<'a>(random: &mut Rng, names: &[&'a str]) -> &'a str {
    names[random.below(names.len())]
}

fn operators(ty: ValueType) -> &'static [&'static str] {
    match ty {
        ValueType::Text => &["null", "equal", "in", "less", "less equal", "greater", "greater equal", "like", "matches"],
        ValueType::Id | ValueType::EntityId | ValueType::Mac => &["null", "equal", "in", "like", "matches"],
        ValueType::Integer | ValueType::Float => &["null", "equal", "in", "less", "less equal", "greater", "greater equal"],
        ValueType::Time => &["null", "equal", "in", "less", "less equal", "greater", "greater equal"],
        ValueType::Boolean => &["null", "equal"],
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => &["null", "equal", "in", "like", "matches", "subset", "superset"],
    }
}

fn value(random: &mut Rng, ty: ValueType) -> Value {
    match ty {
        ValueType::Text => Value::text(*random.pick(TEXTS)),
        ValueType::Id | ValueType::EntityId => Value::text(*random.pick(IDS)),
        ValueType::Mac => Value::text(*random.pick(MACS)),
        ValueType::Integer | ValueType::Float => {
            if random.chance(5) {
                Value::Float(443.5)
            } else {
                Value::Int(*random.pick(NUMBERS))
            }
        }
        ValueType::Boolean => Value::Bool(random.chance(50)),
        ValueType::Time => Value::Time(Instant::parse(random.pick::<&str>(TIMES)).expect("the times are readable")),
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => {
            let address: std::net::IpAddr = random.pick(ADDRESSES).parse().expect("the addresses are readable");
            Value::Address(address.to_canonical())
        }
    }
}

/// One of many values that no record has.
fn filler(ty: ValueType, n: i64) -> Value {
    match ty {
        ValueType::Integer | ValueType::Float => Value::Int(7_000_000 + n),
        ValueType::Boolean => Value::Bool(true),
        ValueType::Time => Value::Time(Instant(n * 1_000_000_007)),
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => Value::Address(std::net::Ipv4Addr::from_bits(n as u32).into()),
        ValueType::Text | ValueType::Id | ValueType::EntityId | ValueType::Mac => Value::text(format!("Filler {n}")),
    }
}

fn operator(random: &mut Rng, name: &str, ty: ValueType) -> TestOp {
    let base = |random: &mut Rng| value(random, ty);
    // Now and then a list that no server takes as one clause for each value.
    let long = random.chance(10);
    match name {
        "in" if long => {
            let more = (0..150).map(|n| Operand::Value(filler(ty, n)));
            TestOp::OneOf((0..2).map(|_| Operand::Value(base(random))).chain(more).collect())
        }
        "subset" if long => {
            let more = (0..400).map(|n| format!("203.{}.{}.0/24", n / 200, n % 200).parse().expect("a network"));
            TestOp::Subset(more.chain(["10.0.0.0/31", "fe80::/10"].map(|n| n.parse().expect("a network"))).collect())
        }
        "null" => TestOp::Null,
        "equal" => TestOp::OneOf(vec![Operand::Value(base(random))]),
        "in" => TestOp::OneOf((0..2 + random.below(3)).map(|_| Operand::Value(base(random))).collect()),
        "less" => TestOp::Less(base(random)),
        "less equal" => TestOp::LessEqual(base(random)),
        "greater" => TestOp::Greater(base(random)),
        "greater equal" => TestOp::GreaterEqual(base(random)),
        "like" => {
            let text = base(random).to_string();
            TestOp::Like(like(random, &text))
        }
        "matches" => {
            let text = base(random).to_string();
            TestOp::Matches(matches(random, &text))
        }
        "subset" => {
            let nets = ["10.0.0.0/8", "10.0.0.0/31", "0.0.0.0/0", "fe80::/10", "::1/128", "192.168.1.43/24"];
            TestOp::Subset((0..=random.below(2)).map(|_| random.pick(&nets).parse().expect("a network")).collect())
        }
        _ => TestOp::Superset(random.pick(&["10.0.0.1/32", "::1/128", "10.0.0.0/8"]).parse().expect("a network")),
    }
}

/// A LIKE pattern made of a text: pieces replaced by `%` and `_`.
fn like(random: &mut Rng, text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    match random.below(6) {
        0 => format!("%{text}"),
        1 => format!("{}%", chars.iter().take(1 + random.below(4)).collect::<String>()),
        2 => format!("%{}%", chars.iter().skip(random.below(3)).take(3).collect::<String>()),
        3 => chars.iter().map(|c| if random.chance(20) { '_' } else { *c }).collect(),
        4 => chars.iter().map(|c| if random.chance(20) { '%' } else { *c }).collect(),
        _ => text.to_owned(),
    }
}

/// A regular expression made of a text: anchors, classes, flags, alternatives, look-around.
fn matches(random: &mut Rng, text: &str) -> String {
    let piece: String = text.chars().skip(random.below(3)).take(1 + random.below(5)).collect();
    let quoted = regex::escape(&piece);
    match random.below(12) {
        0 => format!("^{quoted}"),
        1 => format!("{quoted}$"),
        2 => format!("(?i){quoted}"),
        3 => format!("(^|\\\\){quoted}"),
        4 => format!("{quoted}|zzz$"),
        5 => "[a-f0-9]{3,}".to_owned(),
        6 => r"\d+\W?".to_owned(),
        7 => format!("(?!x){quoted}"),
        8 => format!(r"\b{quoted}"),
        9 => format!("{quoted}.*"),
        10 => r"^[^\s]+\.(exe|EXE)$".to_owned(),
        _ => quoted,
    }
}

/// Name of an operator in a pattern.
fn name(op: &TestOp) -> &'static str {
    match op {
        TestOp::Null => "null",
        TestOp::OneOf(operands) if operands.len() == 1 => "equal",
        TestOp::OneOf(_) => "in",
        TestOp::Less(_) => "less",
        TestOp::LessEqual(_) => "less equal",
        TestOp::Greater(_) => "greater",
        TestOp::GreaterEqual(_) => "greater equal",
        TestOp::Like(_) => "like",
        TestOp::Matches(_) => "matches",
        TestOp::Subset(_) => "subset",
        TestOp::Superset(_) => "superset",
    }
}

pub(super) type Kind = (String, String, bool);

pub(super) fn count(predicate: &Predicate, coverage: &mut BTreeMap<Kind, u32>) {
    for test in predicate.tests() {
        *coverage.entry((name(&test.op).to_owned(), test.ty.word().to_owned(), test.negated)).or_default() += 1;
    }
}

/// Every operator, type and polarity that must be tried.
pub(super) fn expected() -> Vec<Kind> {
    let types = [
        ValueType::Text,
        ValueType::Id,
        ValueType::EntityId,
        ValueType::Mac,
        ValueType::Integer,
        ValueType::Time,
        ValueType::Boolean,
        ValueType::Address,
        ValueType::Ipv4,
        ValueType::Ipv6,
    ];
    let all = types.into_iter().flat_map(|ty| operators(ty).iter().map(move |op| ((*op).to_owned(), ty.word().to_owned())));
    all.flat_map(|(op, ty)| [(op.clone(), ty.clone(), true), (op, ty, false)]).collect()
}

/// A pattern for people.
pub(super) fn show(entity: EntityId, predicate: &Predicate) -> String {
    let catalog = Catalog::builtin();
    let tests = predicate.tests().into_iter().map(|t| {
        let Attr::Catalog(attr) = t.attr else { return String::new() };
        format!(
            "{}:{} {:?} negated={} fold={}",
            catalog.get(t.entity).name,
            catalog.attribute(t.entity, attr).name,
            t.op,
            t.negated,
            t.fold
        )
    });
    format!("GET {} WHERE {predicate:?}\n{}", catalog.get(entity).name, tests.collect::<Vec<_>>().join("\n"))
}
