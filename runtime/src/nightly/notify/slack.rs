//! Bodies for incoming webhooks of Slack. What comes from hunts and logs stands in `plain_text`, in which nothing is a
//! mention, a link or a mark.

use super::digest::Digest;
use serde_json::{Value as Json, json};

/// The most blocks of a message, of which Slack takes 50.
const BLOCKS: usize = 40;
/// The most lines of a block.
const LINES: usize = 10;
/// The longest text of a block, of which Slack takes 3,000 characters.
const TEXT: usize = 2_900;
/// The most characters of all lines together.
const TOTAL: usize = 12_000;
/// The longest header, of which Slack takes 150 characters.
const HEADER: usize = 150;

/// The body of a message.
pub(super) fn body(digest: &Digest) -> Json {
    let plain = |text: &str, most: usize| {
        let text: String = text.chars().take(most).collect();
        json!({"type": "plain_text", "text": text, "emoji": false})
    };
    let section = |text: &str| json!({"type": "section", "text": plain(text, TEXT)});
    let mut blocks = vec![json!({"type": "header", "text": plain(&digest.title, HEADER)})];
    let (kept, rest) = digest.within(BLOCKS, LINES, TOTAL);
    for block in kept {
        blocks.push(section(&block.lines.iter().fold(block.head, |text, line| format!("{text}\n• {line}"))));
    }
    if rest > 0 {
        blocks.push(section(&format!("… and {rest} more in the report")));
    }
    let foot: Vec<Json> = digest.foot.iter().map(|line| plain(line, TEXT)).collect();
    blocks.push(json!({"type": "context", "elements": foot}));
    // The text is what a telephone shows. It has figures only, so nothing in it can be a mark.
    json!({"text": digest.title, "blocks": blocks})
}
