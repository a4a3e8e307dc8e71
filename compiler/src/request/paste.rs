//! Searches as people paste them: text for Kibana's Dev Tools, and shell commands. Nothing here is sent.

use crate::index_name;

/// A search that can be pasted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastedSearch {
    /// What it is for, on one line.
    pub heading: String,
    /// Address of the server, without credentials.
    pub url: String,
    /// The index expression.
    pub index: String,
    /// The body, as JSON of several lines.
    pub body: String,
}

impl PastedSearch {
    /// Path and query of the search. What is pasted stays one part of the path, and of the line.
    pub fn path(&self) -> String {
        format!("/{}/_search?allow_partial_search_results=false", index_name::in_path(&self.index))
    }

    /// Text for Kibana's Dev Tools, without the heading.
    pub fn console(&self) -> String {
        format!("POST {}\n{}\n", self.path(), self.body)
    }

    /// A shell command, without the heading.
    pub fn curl(&self) -> String {
        let target = quoted(&format!("{}{}", self.url.trim_end_matches('/'), self.path()));
        format!("curl -sS -X POST {target} -H 'Content-Type: application/json' --data-binary {}\n", quoted(&self.body))
    }
}

/// A text as one word of a POSIX shell, in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_place() {
        let search = PastedSearch {
            heading: String::new(),
            url: "https://es:9200/'$(id)'/".to_owned(),
            index: "a?b\nDELETE /x".to_owned(),
            body: "{\"a\":\"it's $(id)\"}".to_owned(),
        };
        let console = search.console();
        assert_eq!(console.lines().count(), 2);
        assert!(console.starts_with("POST /a%3Fb%0ADELETE%20%2Fx/_search?"));
        assert_eq!(
            search.curl(),
            "curl -sS -X POST 'https://es:9200/'\\''$(id)'\\''/a%3Fb%0ADELETE%20%2Fx/_search?allow_partial_search_results=false' \
             -H 'Content-Type: application/json' --data-binary '{\"a\":\"it'\\''s $(id)\"}'\n"
        );
    }
}
