//! Random syntax trees of all that the language can say, for property tests.

use crate::check::hir::Function;
use crate::commands::group::{AggregateCall, Group, Key};
use crate::commands::new::{Field, New, Rows};
use crate::commands::{apply, assign, describe, disp, explain, find, get, info, join, load, merge, save, sort};
use crate::program::{Command, Program, Statement};
use crate::source::{SourceId, Span};
use crate::syntax::ast::*;
use crate::syntax::token::Keyword;
use crate::time::{Instant, SECOND};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const HERE: Span = Span { source: SourceId(0), start: 0, end: 0 };

fn at(text: String) -> Ident {
    Ident { text, span: HERE }
}

#[allow(clippy::ptr_arg)] // prop_filter hands out a reference to the value
fn free(text: &String) -> bool {
    Keyword::find(text).is_none_or(|k| !k.reserved())
}

/// Names that mean something elsewhere.
const SOFT: [&str; 18] = [
    "depth",
    "null",
    "m",
    "d",
    "s",
    "count",
    "bin",
    "times",
    "within",
    "true",
    "records",
    "t",
    "r",
    "followedby",
    "Repeats",
    "seconds",
    "timestamped",
    "_",
];

fn variable() -> impl Strategy<Value = Ident> {
    let soft = proptest::sample::select(&SOFT[..]).prop_map(str::to_owned);
    prop_oneof![4 => "[A-Za-z_][A-Za-z0-9_]{0,6}".prop_filter("reserved", free), 1 => soft].prop_map(at)
}

fn dashed() -> impl Strategy<Value = Ident> {
    prop_oneof![3 => "[A-Za-z_][A-Za-z0-9_-]{0,6}".prop_filter("reserved", free).prop_map(at), 1 => variable()]
}

fn path_text() -> impl Strategy<Value = String> {
    "([a-z]{2,5}://)?[A-Za-z/][A-Za-z0-9_./-]{0,9}".prop_filter("reserved", free)
}

fn path() -> impl Strategy<Value = Path> {
    let plain = path_text().prop_map(|text| Path { text, span: HERE, quoted: false });
    prop_oneof![plain, any::<String>().prop_map(|text| Path { text, span: HERE, quoted: true })]
}

fn sources() -> impl Strategy<Value = Path> {
    let many = vec(path_text(), 1..4).prop_map(|all| Path { text: all.join(","), span: HERE, quoted: false });
    prop_oneof![many, path()]
}

fn bare_attribute() -> impl Strategy<Value = AttrPath> {
    let segment = prop_oneof!["[A-Za-z0-9_-]{1,5}", "'[A-Za-z0-9_-]{1,5}'"];
    (dashed(), prop::bool::weighted(0.2), vec(segment, 0..3))
        .prop_map(|(first, many, rest)| {
            let mut text = first.text;
            if many {
                text.push_str("[*]");
            }
            for segment in rest {
                text = format!("{text}.{segment}");
            }
            AttrPath { entity: None, text, span: HERE }
        })
        .boxed()
}

fn attribute() -> impl Strategy<Value = AttrPath> {
    (option::of(dashed()), bare_attribute()).prop_map(|(entity, attribute)| AttrPath { entity, ..attribute }).boxed()
}

fn instant() -> impl Strategy<Value = Instant> {
    prop_oneof![any::<i64>().prop_map(Instant), (0_i64..2_000_000_000).prop_map(|s| Instant(s * SECOND))]
}

fn literal() -> impl Strategy<Value = Literal> {
    let reference =
        (dashed(), bare_attribute()).prop_map(|(variable, attribute)| LiteralKind::Reference(Reference { variable, attribute }));
    let kind = prop_oneof![
        3 => any::<String>().prop_map(LiteralKind::Text),
        1 => "([A-Z]:\\\\|%|\\\\\\\\h)?[a-z\\\\ %.]{0,12}".prop_map(LiteralKind::Text),
        1 => dashed().prop_map(|w| LiteralKind::Word(w.text)),
        1 => any::<i64>().prop_map(LiteralKind::Int),
        1 => any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(LiteralKind::Float),
        1 => instant().prop_map(LiteralKind::Time),
        1 => reference,
    ];
    kind.prop_map(|kind| Literal { kind, span: HERE }).boxed()
}

fn operand() -> impl Strategy<Value = Operands> {
    prop_oneof![literal().prop_map(Operands::One), vec(literal(), 1..4).prop_map(|all| Operands::List(all, HERE))].boxed()
}

fn comparison() -> impl Strategy<Value = Pattern> {
    let symbols = prop_oneof![
        Just(Operator::Eq),
        Just(Operator::Ne),
        Just(Operator::EqAnyCase),
        Just(Operator::NeAnyCase),
        Just(Operator::Lt),
        Just(Operator::Le),
        Just(Operator::Gt),
        Just(Operator::Ge)
    ];
    let words = prop_oneof![
        Just(Operator::In),
        Just(Operator::InAnyCase),
        Just(Operator::Like),
        Just(Operator::Matches),
        Just(Operator::IsSubset),
        Just(Operator::IsSuperset)
    ];
    let right = prop_oneof![
        (symbols, operand()).prop_map(|(operator, value)| (false, operator, Some(value))),
        (any::<bool>(), words, operand()).prop_map(|(negated, operator, value)| (negated, operator, Some(value))),
        any::<bool>().prop_map(|negated| (negated, Operator::IsNull, None)),
    ];
    // Boxed, as below: the trees of these strategies are large, and would lie on the stack many times.
    let right = right.boxed();
    let compared = (attribute(), right).prop_map(|(attribute, (negated, operator, operand))| {
        Pattern::Compare(Box::new(Comparison { attribute, negated, operator, operator_span: HERE, operand, span: HERE }))
    });
    compared.boxed()
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let pattern = comparison().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|parts| Pattern::And(parts, HERE)),
            vec(inner.clone(), 2..4).prop_map(|parts| Pattern::Or(parts, HERE)),
            inner.prop_map(|part| match part {
                Pattern::Not(..) => part,
                part => Pattern::Not(Box::new(part), HERE),
            }),
        ]
    });
    pattern.boxed()
}

fn qualifier() -> impl Strategy<Value = Qualifier> {
    prop_oneof![
        (1_i64..i64::MAX).prop_map(Qualifier::Within),
        (1_u32..).prop_map(Qualifier::Repeats),
        (instant(), instant()).prop_map(|(a, b)| Qualifier::Between(a, b)),
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    let plain = pattern().prop_map(|pattern| Observation::One { pattern, bracketed: false });
    let bracketed = pattern().prop_map(|pattern| Observation::One { pattern, bracketed: true });
    let expression = bracketed.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|parts| Observation::And(parts, HERE)),
            vec(inner.clone(), 2..4).prop_map(|parts| Observation::Or(parts, HERE)),
            vec(inner.clone(), 2..4).prop_map(|parts| Observation::FollowedBy(parts, HERE)),
            (inner, qualifier()).prop_map(|(part, qualifier)| Observation::Qualified(Box::new(part), qualifier, HERE)),
        ]
    });
    prop_oneof![2 => plain, 1 => expression.boxed()].boxed()
}

fn seconds() -> impl Strategy<Value = i64> {
    (1_i64..1_000_000).prop_map(|s| s * SECOND)
}

fn time() -> impl Strategy<Value = TimeSpan> {
    prop_oneof![
        (instant(), instant()).prop_map(|(start, stop)| TimeSpan::Between { start: Some(start), stop: Some(stop), span: HERE }),
        seconds().prop_map(|nanos| TimeSpan::Last { nanos: Some(nanos), span: HERE }),
    ]
    .boxed()
}

fn count() -> impl Strategy<Value = Count> {
    any::<u64>().prop_map(|value| Count { value: Some(value), span: HERE })
}

fn sort_by() -> impl Strategy<Value = SortBy> {
    (bare_attribute(), any::<Option<bool>>())
        .prop_map(|(attribute, direction)| SortBy {
            attribute,
            ascending: direction.unwrap_or(false),
            written: direction.is_some(),
        })
        .boxed()
}

fn expression() -> impl Strategy<Value = Expression> {
    let transformer =
        option::of(prop_oneof![Just(Transformer::Timestamped), Just(Transformer::AddObsId), Just(Transformer::Records)]);
    let attributes = option::of(vec(bare_attribute(), 1..4));
    (
        transformer,
        variable(),
        option::of(observation()),
        attributes,
        option::of(sort_by()),
        option::of(count()),
        option::of(count()),
    )
        .prop_map(|(transformer, variable, filter, attributes, sort, limit, offset)| Expression {
            transformer,
            variable,
            filter,
            attributes,
            sort,
            limit,
            offset,
        })
        .boxed()
}

fn json_value() -> impl Strategy<Value = Option<Literal>> {
    let kind = prop_oneof![
        any::<String>().prop_map(LiteralKind::Text),
        any::<i64>().prop_map(LiteralKind::Int),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(LiteralKind::Float),
        Just(LiteralKind::Word("true".into())),
        Just(LiteralKind::Word("false".into())),
    ];
    option::of(kind.prop_map(|kind| Literal { kind, span: HERE }))
}

fn rows() -> impl Strategy<Value = Rows> {
    let field = (any::<String>().prop_map(at), json_value()).prop_map(|(key, value)| Field { key, value });
    let name = any::<String>().prop_map(|text| Literal { kind: LiteralKind::Text(text), span: HERE });
    prop_oneof![vec(name, 1..4).prop_map(Rows::Names), vec(vec(field, 1..4), 1..3).prop_map(Rows::Objects)].boxed()
}

fn group() -> impl Strategy<Value = Group> {
    let size = prop_oneof![(1_i64..).prop_map(|n| (n, false)), seconds().prop_map(|n| (n, true))];
    let bin =
        (bare_attribute(), size).prop_map(|(attribute, (size, time))| Key::Bin { attribute, size: Some(size), time, span: HERE });
    let key = prop_oneof![bare_attribute().prop_map(Key::Attr), bin];
    let aggregate = (proptest::sample::select(&Function::ALL[..]), bare_attribute(), option::of(dashed()))
        .prop_map(|(function, attribute, alias)| AggregateCall { function, attribute, alias, span: HERE });
    (variable(), vec(key, 1..4), option::of(vec(aggregate, 1..3)))
        .prop_map(|(variable, keys, aggregates)| Group { variable, keys, aggregates })
        .boxed()
}

fn find() -> impl Strategy<Value = Command> {
    let relation = "[A-Z]{1,8}".prop_filter("reserved", free).prop_map(at);
    let depth = option::of(option::of(any::<u64>()).prop_map(|steps| DepthClause { steps, span: HERE }));
    let head = (dashed(), relation, any::<bool>(), variable(), depth);
    (head, option::of(observation()), option::of(time()), option::of(count()))
        .prop_map(|((entity, relation, by, variable, depth), filter, span, limit)| {
            let by = by.then_some(HERE);
            Command::Find(find::Find { entity, relation, by, variable, depth, filter, span, limit })
        })
        .boxed()
}

fn yielding() -> BoxedStrategy<Command> {
    let get = (dashed(), option::of(sources()), option::of(observation()), option::of(time()), option::of(count()))
        .prop_map(|(entity, from, pattern, span, limit)| Command::Get(get::Get { entity, from, pattern, span, limit }));
    let by = option::of((bare_attribute(), bare_attribute()));
    prop_oneof![
        get.boxed(),
        find(),
        (option::of(dashed()), rows()).prop_map(|(entity, rows)| Command::New(New { entity, rows, span: HERE })),
        (path(), option::of(dashed())).prop_map(|(path, entity)| Command::Load(load::Load { path, entity })),
        (variable(), sort_by()).prop_map(|(variable, by)| Command::Sort(sort::Sort { variable, by })),
        group().prop_map(Command::Group),
        (variable(), variable(), by).prop_map(|(left, right, by)| Command::Join(join::Join { left, right, by })),
    ]
    .boxed()
}

fn showing() -> BoxedStrategy<Command> {
    let arguments = vec((dashed(), operand()), 0..3);
    prop_oneof![
        expression().prop_map(|expression| Command::Disp(disp::Disp { expression })),
        variable().prop_map(|variable| Command::Info(info::Info { variable })),
        variable().prop_map(|variable| Command::Explain(explain::Explain { variable })),
        (variable(), bare_attribute())
            .prop_map(|(variable, attribute)| Command::Describe(describe::Describe { variable, attribute })),
        (variable(), path()).prop_map(|(variable, path)| Command::Save(save::Save { variable, path })),
        (path(), vec(variable(), 1..3), arguments).prop_map(|(analytic, variables, arguments)| Command::Apply(apply::Apply {
            analytic,
            variables,
            arguments
        })),
    ]
    .boxed()
}

pub(super) fn program() -> impl Strategy<Value = Program> {
    let bound = prop_oneof![
        yielding(),
        expression().prop_map(|expression| Command::Assign(assign::Assign { expression })).boxed(),
        vec(variable(), 2..4).prop_map(|variables| Command::Merge(merge::Merge { variables })),
    ];
    let bound = bound.boxed();
    let statement = prop_oneof![(variable().prop_map(Some), bound), (Just(None), yielding()), (Just(None), showing()),].boxed();
    vec(statement.prop_map(|(target, command)| Statement { target, command, span: HERE }), 0..6)
        .prop_map(|statements| Program { statements })
}
