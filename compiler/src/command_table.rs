//! The table of commands: one row makes a command known.
//!
//! A row names the types of the command (its tree `commands::MODULE::NAME`, its checked form `check::hir::NAME`), its slice
//! below `commands/`, the word that begins it, and what the word is for. Three places read the table: the keywords
//! (`syntax::token`), the steps of a checked hunt (`check::hir`), and the dispatch over all commands (`program::command`).
//!
//! The macro stands here, below all of them, so that none has to look up.

/// Hands the table to the macro `$reader`, with whatever else stands behind it.
macro_rules! for_each_command {
    ($reader:ident $($more:tt)*) => {
        $reader! {
            // What a word begins. `Yield`: gives a variable, also without a target; `Command`: gives none.
            words {
                Get get "GET" Yield,
                Find find "FIND" Yield,
                New new "NEW" Yield,
                Load load "LOAD" Yield,
                Sort sort "SORT" Yield,
                Group group "GROUP" Yield,
                Join join "JOIN" Yield,
                Disp disp "DISP" Command,
                Info info "INFO" Command,
                Describe describe "DESCRIBE" Command,
                Save save "SAVE" Command,
                Apply apply "APPLY" Command,
                Explain explain "EXPLAIN" Command,
            }
            // What stands behind `=` without a word of its own; these give a variable too.
            wordless {
                Merge merge,
                Assign assign,
            }
            $($more)*
        }
    };
}
