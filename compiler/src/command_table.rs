//! The table of commands: one row makes a command known.
//!
//! A row has the name of the command's tree, that of its checked form in `check::hir`, its slice below `commands/`, the word
//! that begins it, what the word is for, words of other languages for it, and the clauses that it takes. Three places read the table: the keywords
//! (`syntax::token`), the steps of a checked hunt (`check::hir`), and the dispatch over all commands (`program::command`).
//!
//! The macro stands here, below all of them, so that none has to look up.

/// Hands the table to the macro `$reader`, with whatever else stands behind it.
macro_rules! for_each_command {
    ($reader:ident $($more:tt)*) => {
        $reader! {
            // What a word begins. `Yield`: gives a variable, also without a target; `Command`: gives none.
            words {
                Get GetStep get "GET" Yield [] [From Where Start Last Limit],
                Find FindStep find "FIND" Yield [] [Depth Where Start Last Limit],
                New NewStep new "NEW" Yield [] [],
                Load LoadStep load "LOAD" Yield [] [],
                Sort SortStep sort "SORT" Yield [] [],
                Group GroupStep group "GROUP" Yield [] [],
                Join JoinStep join "JOIN" Yield [] [],
                Disp DispStep disp "DISP" Command ["DISPLAY" "PRINT" "SHOW"] [Where Attr Sort Limit Offset],
                Info InfoStep info "INFO" Command [] [],
                Describe DescribeStep describe "DESCRIBE" Command [] [],
                Save SaveStep save "SAVE" Command [] [],
                Apply ApplyStep apply "APPLY" Command [] [],
                Explain ExplainStep explain "EXPLAIN" Command [] [],
            }
            // What stands behind `=` without a word of its own; these give a variable too.
            wordless {
                Merge MergeStep merge,
                Assign AssignStep assign,
            }
            $($more)*
        }
    };
}
