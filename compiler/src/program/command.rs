//! The dispatch over all commands, made from their table.

use crate::check::hir::StepKind;
use crate::check::{Checked, Checker};
use crate::commands;
use crate::plan::Lowering;
use crate::syntax::Parts;
use crate::syntax::grammar::P;
use crate::syntax::token::Class;
use crate::syntax::walk::Walk;
use chumsky::Parser;

macro_rules! dispatch {
    (
        words { $($name:ident $step:ident $module:ident $word:literal $class:ident [$($others:tt)*] [$($clauses:tt)*],)* }
        wordless { $($wordless:ident $wordless_step:ident $wordless_module:ident,)* }
    ) => {
        /// What a statement does.
        #[derive(Clone, PartialEq, Debug)]
        pub enum Command {
            $(#[doc = concat!("`", $word, " …`")] $name(commands::$module::$name),)*
            $(#[doc = concat!("What stands behind `=`: see [`commands::", stringify!($wordless_module), "`].")]
            $wordless(commands::$wordless_module::$wordless),)*
            /// It could not be read; the parser has reported why.
            Error,
        }

        impl Command {
            /// Whether it gives a variable, with or without a target.
            pub fn yields(&self) -> bool {
                match self {
                    $(Self::$name(_) => Class::$class == Class::Yield,)*
                    $(Self::$wordless(_) => true,)*
                    Self::Error => false,
                }
            }

            /// Writes its text.
            pub(super) fn print(&self, out: &mut String) {
                match self {
                    $(Self::$name(command) => command.print(out),)*
                    $(Self::$wordless(command) => command.print(out),)*
                    Self::Error => out.push('?'),
                }
            }

            /// Visits its parts.
            pub(super) fn walk(&mut self, walk: &mut impl Walk) {
                match self {
                    $(Self::$name(command) => command.walk(walk),)*
                    $(Self::$wordless(command) => command.walk(walk),)*
                    Self::Error => {}
                }
            }

            /// Checks it.
            pub(super) fn check(&self, cx: &mut Checker<'_>) -> Checked {
                match self {
                    $(Self::$name(command) => command.check(cx),)*
                    $(Self::$wordless(command) => command.check(cx),)*
                    Self::Error => Err(cx.told()),
                }
            }
        }

        /// The grammars of the commands whose word is of this class.
        pub(super) fn grammars<'t>(parts: &Parts<'t>, class: Class) -> Vec<P<'t, Command>> {
            let mut all = Vec::new();
            $(if class == Class::$class {
                let grammar = commands::$module::grammar(parts);
                all.push(grammar.map(|read| read.map_or(Command::Error, Command::$name)).boxed());
            })*
            all
        }

        /// Turns a checked statement into nodes of the plan.
        pub(super) fn lower(step: &StepKind, cx: &mut Lowering<'_>) {
            match step {
                $(StepKind::$name(step) => step.lower(cx),)*
                $(StepKind::$wordless(step) => step.lower(cx),)*
            }
        }
    };
}

for_each_command! { dispatch }
