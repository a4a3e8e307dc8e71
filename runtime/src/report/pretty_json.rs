//! JSON for people: keys stay in their order, lists of plain values stand in few lines, and long ones may be folded.

use super::sanitize::json_text;

/// The longest line of a list of plain values.
const WIDTH: usize = 120;
/// How far each level stands to the right.
const INDENT: usize = 2;

/// A JSON text on several lines. With `most`, lists of more than twice as many plain values are cut to so many, and say so: that
/// is no text to send. Answers how many values are left out. Unsafe characters in strings become escapes.
pub(super) fn pretty(json: &str, most: Option<usize>) -> (String, usize) {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let (mut depth, mut left_out, mut rest) = (0_usize, 0_usize, json);
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '"' => {
                let (string, after) = rest.split_at(string_end(rest));
                out.push_str(string);
                after
            }
            '[' => match plain_values(after) {
                Some((values, after)) => {
                    left_out += list(&mut out, &values, depth, most);
                    after
                }
                None => open(&mut out, c, &mut depth, after),
            },
            '{' => open(&mut out, c, &mut depth, after),
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
                after
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
                after
            }
            ':' => {
                out.push_str(": ");
                after
            }
            c if c.is_ascii_whitespace() => after,
            c => {
                out.push(c);
                after
            }
        };
    }
    (json_text(&out).into_owned(), left_out)
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth * INDENT));
}

/// Begins an object or a list. One that is empty ends at once.
fn open<'t>(out: &mut String, bracket: char, depth: &mut usize, after: &'t str) -> &'t str {
    out.push(bracket);
    if let Some(rest) = after.strip_prefix('}') {
        out.push('}');
        return rest;
    }
    *depth += 1;
    line(out, *depth);
    after
}

/// Where the string that a text begins with ends.
fn string_end(text: &str) -> usize {
    let mut escaped = true;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The values of a list and what stands behind it; `None` where a value is a list or an object.
fn plain_values(text: &str) -> Option<(Vec<&str>, &str)> {
    let (mut values, mut start, mut at) = (Vec::new(), 0, 0);
    loop {
        match text.as_bytes().get(at)? {
            b'[' | b'{' => return None,
            b'"' => at += string_end(text.get(at..)?) - 1,
            end @ (b',' | b']') => {
                let value = text.get(start..at)?.trim();
                values.extend(Some(value).filter(|value| !value.is_empty()));
                start = at + 1;
                if *end == b']' {
                    return Some((values, text.get(start..)?));
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Writes a list of plain values: on one line, or on as few as they take.
fn list(out: &mut String, values: &[&str], depth: usize, most: Option<usize>) -> usize {
    let shown = most.filter(|most| values.len() > 2 * most).unwrap_or(values.len());
    let shown = values.get(..shown).unwrap_or(values);
    let left_out = values.len() - shown.len();
    let more = (left_out > 0).then(|| format!("\"… {left_out} more\""));
    let all = shown.iter().copied().chain(more.as_deref());
    let whole: usize = all.clone().map(|value| value.len() + 2).sum();
    out.push('[');
    if whole <= WIDTH {
        for (place, value) in all.enumerate() {
            out.push_str(if place == 0 { "" } else { ", " });
            out.push_str(value);
        }
    } else {
        let mut width = WIDTH;
        for (place, value) in all.enumerate() {
            out.push_str(if place == 0 { "" } else { "," });
            width += value.len() + 2;
            if width > WIDTH {
                line(out, depth + 1);
                width = value.len();
            } else {
                out.push(' ');
            }
            out.push_str(value);
        }
        line(out, depth);
    }
    out.push(']');
    left_out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![any::<i32>().prop_map(Json::from), "[\"\\\\\\[\\]{},: \n\u{202e}a]{0,6}".prop_map(Json::from)];
        leaf.prop_recursive(4, 60, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
                prop::collection::btree_map("[a\"\\\\,]{0,3}", inner, 0..5).prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_stays_the_same_json(value in any_json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let (pretty, left_out) = pretty(&text, None);
                prop_assert_eq!(serde_json::from_str::<Json>(&pretty).unwrap(), value.clone(), "{}", pretty);
                prop_assert_eq!(left_out, 0);
                prop_assert!(!pretty.chars().any(|c| c != '\n' && crate::report::sanitize::is_unsafe(c)));
            }
        }
    }

    #[test]
    fn keys_keep_their_order_and_lists_are_short() {
        let (text, _) =
            pretty(r#"{"size":7,"query":{"terms":{"a":["x, y","]"]}},"_source":[],"match_all":{},"b":[{"c":1},2]}"#, None);
        insta::assert_snapshot!(text, @r#"
        {
          "size": 7,
          "query": {
            "terms": {
              "a": ["x, y", "]"]
            }
          },
          "_source": [],
          "match_all": {},
          "b": [
            {
              "c": 1
            },
            2
          ]
        }
        "#);
    }

    #[test]
    fn long_lists_take_few_lines_and_are_folded() {
        let ids: Vec<String> = (0..100).map(|n| format!("id{n:04}")).collect();
        let text = json!({ "terms": ids }).to_string();
        let (whole, none) = pretty(&text, None);
        assert!(none == 0 && whole.lines().count() < 15 && whole.lines().all(|l| l.len() < 130), "{whole}");
        let (folded, left_out) = pretty(&text, Some(3));
        assert_eq!((folded.as_str(), left_out), ("{\n  \"terms\": [\"id0000\", \"id0001\", \"id0002\", \"… 97 more\"]\n}", 97));
    }

    #[test]
    fn a_broken_text_ends() {
        for text in ["[", "[\"", "{\"a", "[1,", "\"\\", "]", "[1,2}"] {
            let _ = pretty(text, Some(1));
        }
    }
}
