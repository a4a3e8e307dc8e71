//! What is said of the cells of a huntbook that are no huntflow.

use crate::diag::Diagnostic;
use crate::diag::codes::syntax::CELL_LEFT_OUT;
use crate::source::{SourceId, SourceSet, Span};

/// What is said of the cells that are left out: they could have been meant.
pub(crate) fn left_out(sources: &SourceSet, id: SourceId) -> impl Iterator<Item = Diagnostic> {
    // Cells side by side have one place in the text.
    sources.get(id).left_out.chunk_by(|a, b| a.start == b.start).map(move |cells| {
        let numbers: Vec<String> = cells.iter().map(|cell| cell.number.to_string()).collect();
        let mut magics: Vec<&str> = cells.iter().map(|cell| cell.magic.as_str()).collect();
        magics.dedup();
        let (noun, verb) = if cells.len() == 1 { ("cell", "is") } else { ("cells", "are") };
        let message = format!("{noun} {} {verb} left out: {}", numbers.join(", "), magics.join(", "));
        let at = cells.first().map_or(0, |cell| cell.start as usize);
        Diagnostic::new(&CELL_LEFT_OUT, Span::new(id, at, at), message)
            .label("left out here")
            .help("a huntflow stands in cells without a magic, or behind %%kestrel, %%time, %%timeit, %%capture")
    })
}
