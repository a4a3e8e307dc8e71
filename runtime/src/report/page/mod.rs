//! Pages: templates that escape every value, one style, and one script whose hash is in the policy. Nothing is ever loaded.

mod column;
pub(crate) mod markdown;
pub(crate) mod table;

use super::sanitize;
use base64::Engine;
use minijinja::value::{Serde, Value};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use std::io::{Error, Result, Write};
use std::sync::LazyLock;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The templates that pages share; each page adds its own.
const SHARED: [Template; 2] = [("base.html", include_str!("base.html")), ("parts.html", include_str!("parts.html"))];

/// Nothing may be loaded, and only our script may run.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = base64::engine::general_purpose::STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, SCRIPT.as_bytes()));
    format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
});

/// A page: its template, and what stands in it.
#[derive(Serialize)]
pub(crate) struct Page<T> {
    /// What the browser calls it.
    pub title: String,
    /// Rules for its tables, beside the common style. Made of numbers and ids only.
    pub rules: Html,
    pub page: T,
}

/// A template: its name and its text.
pub(crate) type Template = (&'static str, &'static str);

/// Writes a page by a template, in which `page` is what the page shows. It may import others.
pub(crate) fn write<T: Serialize>(template: Template, others: &[Template], page: &Page<T>, out: &mut dyn Write) -> Result<()> {
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
    environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
    environment.add_global("script", Value::from_safe_string(SCRIPT.to_owned()));
    environment.add_global("version", env!("CARGO_PKG_VERSION"));
    let fault = |error: minijinja::Error| Error::other(format!("the page `{}` cannot be made: {error:#}", template.0));
    for (name, text) in SHARED.iter().chain(others).chain([&template]) {
        environment.add_template(name, text).map_err(fault)?;
    }
    let template = environment.get_template(template.0).map_err(fault)?;
    template.render_captured_to(Serde(page), out).map(drop).map_err(fault)
}

/// Text that is HTML already: of [`table`] and [`markdown`], which escape what they are given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Html(pub String);

impl Serialize for Html {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Value::from_safe_string(self.0.clone()).serialize(serializer)
    }
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
}
