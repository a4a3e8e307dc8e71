//! Bodies for the Workflows webhooks of Teams: an adaptive card. What comes from hunts and logs stands in `TextRun`s, in
//! which nothing is a mark or a link.

use super::digest::Digest;
use serde_json::{Value as Json, json};

/// The most blocks of a card.
const BLOCKS: usize = 20;
/// The most lines of a block.
const LINES: usize = 5;
/// The most characters of all lines together: Teams takes messages of 28 KB, and a character may be written as six bytes.
const TOTAL: usize = 2_500;

/// The body of a message.
pub(super) fn body(digest: &Digest) -> Json {
    let mut elements = vec![json!({"type": "TextBlock", "size": "Large", "weight": "Bolder", "wrap": true, "text": digest.title})];
    let (kept, rest) = digest.within(BLOCKS, LINES, TOTAL);
    for block in kept {
        elements.push(line(&block.head, true));
        elements.extend(block.lines.iter().map(|text| line(text, false)));
    }
    elements.extend((rest > 0).then(|| line(&format!("… and {rest} more in the report"), true)));
    elements.extend(digest.foot.iter().enumerate().map(|(at, text)| line(text, at == 0)));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "msteams": {"width": "Full"}, "body": elements,
    });
    let attachment = json!({"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": Json::Null, "content": card});
    json!({"type": "message", "attachments": [attachment]})
}

/// A line of text; one that begins something is bold and stands apart.
fn line(text: &str, begins: bool) -> Json {
    let (weight, spacing) = if begins { ("Bolder", "Medium") } else { ("Default", "None") };
    json!({"type": "RichTextBlock", "spacing": spacing, "inlines": [{"type": "TextRun", "text": text, "weight": weight}]})
}
