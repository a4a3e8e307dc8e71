//! Pages: templates that escape every value, one style, and one script whose hash is in the policy. Nothing is ever loaded.

mod column;
pub(crate) mod markdown;
pub(crate) mod table;

use super::pictures::{self, Picture};
use super::sanitize;
use base64::Engine;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use std::io::{Error, Result, Write};
use std::sync::LazyLock;

/// The style of pages, and that of their pictures.
static STYLE: LazyLock<String> = LazyLock::new(|| [include_str!("page.css"), pictures::STYLE].concat());

/// The one script of pages; a block for each of its parts, so that their names do not meet.
static SCRIPT: LazyLock<String> = LazyLock::new(|| [include_str!("page.js"), "{\n", pictures::SCRIPT, "}\n"].concat());

/// The templates that pages share; each page adds its own.
const SHARED: [PageTemplate; 2] = [("base.html", include_str!("base.html")), ("parts.html", include_str!("parts.html"))];

/// Nothing may be loaded, and only our script may run; pictures stand in the page itself.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = base64::engine::general_purpose::STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
});

/// A page: its template, and what stands in it.
#[derive(Serialize)]
pub(crate) struct PageContent<T> {
    /// What the browser calls it.
    pub title: String,
    /// Rules for its tables, beside the common style. Made of numbers and ids only.
    pub rules: Html,
    pub page: T,
}

/// A template: its name and its text.
pub(crate) type PageTemplate = (&'static str, &'static str);

/// Writes a page by a template, in which `page` is what the page shows. It may import others.
pub(crate) fn write<T: Serialize>(
    template: PageTemplate,
    others: &[PageTemplate],
    page: &PageContent<T>,
    out: &mut dyn Write,
) -> Result<()> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default());
    environment.set_formatter(|out, _, value| {
        // One place knows what a page may not get.
        let written = match value.as_str() {
            Some(text) if value.is_safe() => out.write_str(text),
            Some(text) => out.write_str(&sanitize::html(text)),
            None if value.is_undefined() || value.is_none() => Ok(()),
            None => out.write_str(&sanitize::html(&value.to_string())),
        };
        written.map_err(minijinja::Error::from)
    });
    environment.add_global("policy", Value::from(POLICY.as_str()));
    environment.add_global("style", Value::from_safe_string(STYLE.clone()));
    environment.add_global("script", Value::from_safe_string(SCRIPT.clone()));
    environment.add_global("version", env!("CARGO_PKG_VERSION"));
    let fault = |error: minijinja::Error| Error::other(format!("the page `{}` cannot be made: {error:#}", template.0));
    for (name, text) in SHARED.iter().chain(others).chain([&template]) {
        environment.add_template(name, text).map_err(fault)?;
    }
    let template = environment.get_template(template.0).map_err(fault)?;
    template.render_captured_to(Serde(page), out).map(drop).map_err(fault)
}

/// Text that is HTML already: of [`table`], [`markdown`] and [`pictures`], which escape what they are given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Html(pub String);

impl Serialize for Html {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Value::from_safe_string(self.0.clone()).serialize(serializer)
    }
}

/// A picture with its text form, for a template.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PictureView {
    image: Html,
    text: Html,
}

impl From<Picture> for PictureView {
    fn from(picture: Picture) -> Self {
        Self { image: Html(picture.image), text: Html(picture.text) }
    }
}

/// A sentence in which what stands between backticks is code.
pub(crate) fn ticked(text: &str) -> Html {
    let parts: Vec<&str> = text.split('`').collect();
    // Of an odd number of them nobody knows where one begins.
    if parts.len().is_multiple_of(2) {
        return Html(sanitize::html(text).into_owned());
    }
    let part = |(at, part): (usize, &&str)| {
        let part = sanitize::html(part);
        if at % 2 == 1 { format!("<code>{part}</code>") } else { part.into_owned() }
    };
    Html(parts.iter().enumerate().map(part).collect())
}

/// A number with its digits in groups of three: `12,345`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun: `1 row`, `12,345 rows`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_has_the_hash_of_the_script_and_nothing_else_runs() {
        assert!(POLICY.contains("default-src 'none'") && POLICY.contains("script-src 'sha256-"), "{}", *POLICY);
        assert!(!POLICY.contains("script-src 'unsafe"));
        // Neither ends its element.
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }

    #[test]
    fn code_in_sentences_is_code_and_stays_text() {
        assert_eq!(ticked("`<b>` is 'x'").0, "<code>&lt;b&gt;</code> is &#39;x&#39;");
        assert_eq!(ticked("one ` alone").0, "one ` alone");
        assert_eq!((grouped(0), grouped(999), grouped(1_234_567)), ("0".to_owned(), "999".to_owned(), "1,234,567".to_owned()));
    }
}
