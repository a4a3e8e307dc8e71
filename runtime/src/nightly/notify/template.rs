//! Bodies by a template of the user's, over the message that `docs/nightly.md` describes.

use crate::report::sanitize;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value as Json;
use std::sync::Arc;

/// A message with everything that messages can have. Templates are tried on it.
const SAMPLE: &str = include_str!("sample.json");

/// The most steps of a template.
const FUEL: u64 = 1_000_000;

/// A template that gives JSON. Values are written as JSON, so that no text of a log can leave its place.
#[derive(Clone, Debug)]
pub struct Template(Arc<Environment<'static>>);

impl Template {
    /// Reads a template, and tries it. The error says where it is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Json);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.add_template_owned("template", text.to_owned()).map_err(|e| describe(&e))?;
        let template = Self(Arc::new(environment));
        template.render(&sample())?;
        Ok(template)
    }

    /// The body for a message.
    pub fn render(&self, message: &Json) -> Result<String, String> {
        let text = self.0.get_template("template").and_then(|t| t.render(Serde(message))).map_err(|e| describe(&e))?;
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(sanitize::json_text(&text).into_owned()),
            Err(e) => Err(format!(
                "what it gives is no JSON: {e}: values have their quotes already, as in `{{\"text\": {{{{ title }}}}}}`"
            )),
        }
    }
}

/// The sample as a value.
pub fn sample() -> Json {
    serde_json::from_str(SAMPLE).unwrap_or_default()
}

fn describe(error: &minijinja::Error) -> String {
    let line = error.line().map_or_else(String::new, |line| format!("line {line}: "));
    let detail = error.detail().map_or_else(String::new, |detail| format!(": {detail}"));
    format!("{line}{}{detail}", error.kind())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_whatever_they_are() {
        let template = Template::parse(r#"{"t": {{ hunts[0].title }}, "n": {{ new }}, "all": {{ hunts }}}"#).unwrap();
        let mut message = sample();
        message["hunts"][0]["title"] = Json::from("\"}, \"x\": {{ new }} \u{202e}</script>");
        let body = template.render(&message).unwrap();
        assert!(!body.contains('\u{202e}'), "{body}");
        let body: Json = serde_json::from_str(&body).unwrap();
        assert_eq!(body["t"], message["hunts"][0]["title"]);
        assert_eq!((&body["all"], body.as_object().unwrap().len()), (&message["hunts"], 3));
    }

    #[test]
    fn faults_are_found_before_a_night() {
        for (text, told) in [
            ("{\"a\": {{ nwe }}}", "undefined"),
            ("{\"a\": {% for x in hunts %}", "line 1"),
            ("{\"a\": \"{{ hunts[0].title }}\"}", "no JSON"),
            ("{{ 1 | nofilter }}", "nofilter"),
            ("{\"a\": {% for x in range(100000) %}{% for y in range(100000) %}1{% endfor %}{% endfor %}}", ""),
            ("{% include 'x' %}", ""),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
