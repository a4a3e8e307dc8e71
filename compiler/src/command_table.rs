//! The table of commands: one row makes a command known.
//!
//! A row has the name of the command's syntax node, the name of its checked form in `check::hir`, its slice below `commands/`,
//! the word that begins it, the class of that word, words of other languages for it, and the clauses that it takes. Three
//! places read the table: the keywords (`syntax::token`), the steps of a checked hunt (`check::hir`), and the dispatch over all
//! commands (`program::command`).
//!
//! The macro stands at the root of the crate, below all three, so that none of them imports from one above it.

/// Calls the macro `$reader` with the table, followed by whatever else the caller gives.
macro_rules! for_each_command {
    ($reader:ident $($more:tt)*) => {
        $reader! {
            // Commands that begin with a word. A `Yield` gives a variable, with or without a target; a `Command` gives none.
            words {
                Get GetStep get "GET" Yield [] [From Where Start Last Limit],
                Find FindStep find "FIND" Yield [] [Depth Where Start Last Limit],
                New NewStep new "NEW" Yield [] [],
                Load LoadStep load "LOAD" Yield [] [],
                Sort SortStep sort "SORT" Yield [] [],
                Group GroupStep group "GROUP" Yield [] [With],
                Join JoinStep join "JOIN" Yield [] [],
                Disp DispStep disp "DISP" Command ["DISPLAY" "PRINT" "SHOW"] [With Where Attr Sort Limit Offset],
                Info InfoStep info "INFO" Command [] [],
                Describe DescribeStep describe "DESCRIBE" Command [] [],
                Save SaveStep save "SAVE" Command [] [],
                Apply ApplyStep apply "APPLY" Command [] [With],
                Explain ExplainStep explain "EXPLAIN" Command [] [],
            }
            // Statements without a word of their own: what follows `=`. They give a variable too.
            wordless {
                Merge MergeStep merge,
                Assign AssignStep assign,
            }
            $($more)*
        }
    };
}
