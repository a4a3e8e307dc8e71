//! Random hunts with parameters: literals move to the leading comment.

use super::Rng;
use huntc_compiler::source::SourceId;
use huntc_compiler::syntax::lexer::lex;
use huntc_compiler::syntax::token::{Keyword, Kind, Token};

/// What may stand before a literal that a parameter can be.
fn takes_value(before: &Token<'_>) -> bool {
    let words =
        [Keyword::Like, Keyword::Matches, Keyword::In, Keyword::IsSubset, Keyword::IsSuperset, Keyword::Start, Keyword::Stop];
    let more = [Keyword::Last, Keyword::Limit, Keyword::Offset];
    matches!(before.kind, Kind::Eq | Kind::Ne | Kind::Lt | Kind::Le | Kind::Gt | Kind::Ge)
        || before.keyword.is_some_and(|k| words.contains(&k) || more.contains(&k))
}

/// The place of a literal or a list of literals behind one of these tokens.
fn places(line: &str) -> Vec<(usize, usize)> {
    let lexed = lex(SourceId(0), line);
    let tokens = &lexed.tokens;
    let literal = |kind: Kind| kind.is_text() || kind == Kind::Number;
    let (mut found, mut depth) = (Vec::new(), 0);
    for (at, pair) in tokens.windows(2).enumerate() {
        let [before, token] = pair else { continue };
        depth += i32::from(before.kind.opens()) - i32::from(before.kind.closes());
        // A range inside brackets is a qualifier, which takes no parameter.
        let qualifier = depth > 0 && matches!(before.keyword, Some(Keyword::Start | Keyword::Stop));
        // The first `=` binds the variable.
        if at == 0 || qualifier || !takes_value(before) {
            continue;
        }
        if literal(token.kind) {
            found.push((token.span.start as usize, token.span.end as usize));
        } else if token.kind.opens() {
            let items: Vec<&Token<'_>> = tokens[at + 2..].iter().take_while(|t| !t.kind.closes()).collect();
            let flat = items.iter().enumerate().all(|(i, t)| if i % 2 == 0 { literal(t.kind) } else { t.kind == Kind::Comma });
            if let (true, Some(close)) = (flat && items.len() % 2 == 1, tokens.get(at + 2 + items.len())) {
                found.push((token.span.start as usize, close.span.end as usize));
            }
        }
    }
    if let Some(at) = line.find("stixshifter://").map(|at| at + "stixshifter://".len())
        && line[at + 1..].starts_with([',', ' '])
    {
        found.push((at, at + 1));
    }
    found
}

/// The hunt, with some of its literals as parameters.
pub(crate) fn parameterised(rng: &mut Rng, mut lines: Vec<String>) -> Vec<String> {
    let mut declared = Vec::new();
    for line in &mut lines {
        let literals = line.contains(" = GET ") || line.contains(" = FIND ") || line.contains(" WHERE ");
        if !literals || !rng.chance(40) {
            continue;
        }
        let places = places(line);
        if places.is_empty() {
            continue;
        }
        let (start, end) = *rng.pick(&places);
        let name = format!("huntc-{:02}", declared.len());
        let value = line[start..end].to_owned();
        let source = line[..start].ends_with("://");
        let value = if source { format!("'{value}'") } else { value };
        line.replace_range(start..end, &format!("${name}"));
        declared.push(format!("# param: {name} = {value}"));
    }
    declared.extend(lines);
    declared
}
