//! What each stage of a compilation looks like, for `huntc compile --emit`.

use super::{Compilation, Compiled};
use crate::backend::elastic::show;
use crate::catalog::Catalog;
use crate::options::Options;
use crate::plan;
use crate::source::{SourceId, SourceSet};
use crate::syntax::lexer;
use crate::tree_text::tree_text;

/// A stage that can be shown, in the order of the passes; the last ones are other forms of plan and requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The tokens of the text.
    Tokens,
    /// The syntax tree.
    Ast,
    /// The checked hunt: typed, with absolute windows.
    Hir,
    /// The plan: what is computed from what.
    Plan,
    /// The requests, one JSON object each.
    Requests,
    /// The requests for Kibana's console.
    Console,
    /// The requests as shell commands.
    Curl,
    /// The plan for Graphviz.
    Dot,
    /// The plan for Mermaid.
    Mermaid,
}

/// Shows one stage of the compilation of a text; `None` where errors kept the compilation from getting there. `catalog` and
/// `options` are those of the compilation.
pub fn emit(
    stage: Stage,
    compilation: &Compilation,
    sources: &SourceSet,
    id: SourceId,
    catalog: &Catalog,
    options: &Options,
) -> Option<String> {
    match stage {
        Stage::Tokens => return Some(lexer::listing(sources, id)),
        Stage::Ast => return Some(tree_text(&compilation.program)),
        _ => {}
    }
    let Compiled { hunt, plan, requests } = compilation.compiled.as_ref()?;
    Some(match stage {
        Stage::Tokens | Stage::Ast | Stage::Hir => tree_text(hunt),
        Stage::Plan => plan::show::plan(plan, catalog),
        Stage::Requests => show::requests(requests, plan),
        Stage::Console => show::console(requests, plan, options),
        Stage::Curl => show::curl(requests, plan, options),
        Stage::Dot => plan::graph::dot(plan, catalog),
        Stage::Mermaid => plan::graph::mermaid(plan, catalog),
    })
}
