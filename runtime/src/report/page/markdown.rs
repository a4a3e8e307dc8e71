//! Prose of huntbooks. Its HTML is shown as text, its pictures as what they are called, its links with their addresses: a page
//! of huntc leads nowhere.

use super::Html;
use crate::report::sanitize::terminal_lines;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Markdown as HTML.
pub(crate) fn markdown(text: &str) -> Html {
    let text = terminal_lines(text);
    let mut targets: Vec<Option<String>> = Vec::new();
    let events = Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).filter_map(|event| {
        Some(match event {
            Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
            Event::Start(Tag::Heading { level, .. }) => {
                Event::Start(Tag::Heading { level: below(level), id: None, classes: Vec::new(), attrs: Vec::new() })
            }
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
            Event::Start(Tag::CodeBlock(_)) => Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Indented)),
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => return None,
            Event::Start(Tag::Link { dest_url, .. }) => {
                targets.push(Some(dest_url.into_string()));
                return None;
            }
            Event::Start(Tag::Image { .. }) => {
                targets.push(None);
                return None;
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                let target = targets.pop().flatten().filter(|target| !target.is_empty())?;
                Event::Text(CowStr::from(format!(" ({target})")))
            }
            other => other,
        })
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events);
    Html(out)
}

/// The headings of a page come before those of a huntbook.
fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H3,
        _ => HeadingLevel::H4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_formatted_and_nothing_of_it_is_an_element_of_its_own() {
        let html = markdown("# Why\n\n*Tasks* run `schtasks`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n").0;
        for part in ["<h3>Why</h3>", "<em>Tasks</em>", "<code>schtasks</code>", "<td>1</td>"] {
            assert!(html.contains(part), "{part}: {html}");
        }
        for hostile in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "![x](http://evil/p.png)",
            "<http://evil/>",
            "[a]: javascript:alert(1)\n\n[a]",
            "```\"><script>\ncode\n```",
            "# x {#id .c onclick=alert(1)}",
            "<svg/onload=alert(1)>",
        ] {
            let html = markdown(hostile).0;
            for tag in ["<script", "<img", "<a ", "<svg", "href=", "src=\"", "class=", "id=\""] {
                assert!(!html.contains(tag), "{hostile}: {html}");
            }
        }
        assert!(markdown("[docs](http://x/y)").0.contains("docs (http://x/y)"));
        assert!(!markdown("a\u{202e}b").0.contains('\u{202e}'));
    }
}
