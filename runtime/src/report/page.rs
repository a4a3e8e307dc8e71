//! What every HTML page of huntc begins with: no script, no image, no link to elsewhere, and a policy that forbids them.

use super::sanitize::html as escape;
use std::io::{Result, Write};

/// Nothing may load; the page's own style is all it has.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Writes the page up to its heading; the texts are ours.
pub(crate) fn begin(title: &str, style: &str, heading: &str, out: &mut dyn Write) -> Result<()> {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{style}</style>\n<h1>{heading}</h1>\n",
        escape(POLICY)
    )
}
