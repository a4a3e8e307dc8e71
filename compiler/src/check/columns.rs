//! Columns: what ATTR leaves, what DISP shows, what a variable has beyond the catalog.

use super::context::{Checker, Draft};
use super::hir::{Attr, Birth, Column, Selection, Shape, VarId, all_columns, transformer_columns};
use super::predicate::Ground;
use crate::diag::codes::types::{NEEDS_ENTITIES, ROWS_PER_RECORD, SORT_DIRECTION};
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::syntax::ast::{self, AttrPath, Count, SortBy, Transformer};

impl Checker<'_> {
    /// The columns of a variable where a statement names none.
    pub(crate) fn all_columns(&self, var: VarId) -> Vec<Column> {
        all_columns(&self.hunt, self.catalog, var)
    }

    /// The columns `first`, then those of an ATTR list; a column that is named twice is kept once.
    fn listed(&mut self, var: VarId, paths: &[AttrPath], first: Vec<Column>) -> Result<Vec<Column>, Reported> {
        let mut columns = first;
        let mut failed = None;
        for path in paths {
            match self.attribute(var, path) {
                Ok(found) => {
                    let known = columns
                        .iter()
                        .any(|c| c.header == path.text || matches!(found.attr, Attr::Sighting(_)) && c.attr == found.attr);
                    if !known {
                        columns.push(Column { header: path.text.clone(), attr: found.attr });
                    }
                }
                Err(reported) => failed = Some(reported),
            }
        }
        failed.map_or(Ok(columns), Err)
    }

    /// The attribute of a sort order, and whether it is ascending.
    pub(crate) fn sort_by(&mut self, var: VarId, by: &SortBy) -> Result<(Attr, bool), Reported> {
        let found = self.attribute(var, &by.attribute)?;
        if !by.written {
            let span = by.attribute.span;
            let diagnostic = Diagnostic::new(&SORT_DIRECTION, span, format!("the largest `{}` comes first", by.attribute.text))
                .label("descending, since no direction is written")
                .fix("say so", span.after(), " DESC")
                .fix("the smallest first", span.after(), " ASC");
            self.report(diagnostic);
        }
        Ok((found.attr, by.ascending))
    }

    /// Checks `v WHERE … ATTR … SORT BY … LIMIT … OFFSET …`, and drafts a variable that holds its rows. The draft can be used
    /// even where a clause has an error, so that later statements can be checked.
    pub(crate) fn expression(
        &mut self,
        expression: &ast::Expression,
        clause: &'static str,
    ) -> Result<(Result<Selection, Reported>, Draft), Reported> {
        let input = self.resolve(&expression.variable)?;
        if let Some(transformer) = expression.transformer {
            self.transformable(input, transformer, expression.variable.span)?;
        }
        let calls = expression.computed.as_deref().unwrap_or_default();
        if !calls.is_empty() {
            self.computable(input, expression)?;
        }
        let (before, computed) = self.computed(input, calls);
        let ground = Ground::variable(self, input, clause);
        let filter = self.filter(&ground, expression.filter.as_ref());
        let own = transformer_columns(expression.transformer);
        let columns = expression.attributes.as_ref().map(|paths| self.listed(input, paths, own)).transpose();
        let sort = expression.sort.as_ref().map(|by| self.sort_by(input, by)).transpose();
        let limit = self.count(expression.limit.as_ref());
        let offset = self.count(expression.offset.as_ref());

        let mut draft = self.inherit(input, Birth::Assign);
        self.forget_computed(input, before);
        if let Ok(filter) = &filter {
            draft.parents.extend(filter.references());
        }
        if let Shape::Entities { per_record, kept, added, .. } = &mut draft.shape {
            *per_record = expression.transformer.or(*per_record);
            if let Ok(Some(columns)) = &columns {
                added.retain(|name| columns.iter().any(|c| matches!(&c.attr, Attr::Added(n) if n == name)));
                *kept = Some(columns.clone());
            }
        } else if let (Shape::Groups { columns: all, keys, .. }, Ok(Some(columns))) = (&mut draft.shape, &columns) {
            let name = |c: &Column| if let Attr::Added(name) = &c.attr { name.clone() } else { c.header.clone() };
            *all = columns.iter().map(name).collect();
            *keys = all.len();
            draft.columns.retain(|c| all.contains(&c.name));
        }
        let typed = || {
            Ok(Selection {
                input,
                computed: computed?,
                filter: filter?,
                transformer: expression.transformer,
                sort: sort?,
                offset: offset?.unwrap_or(0),
                limit: limit?,
                columns: columns?,
            })
        };
        Ok((typed(), draft))
    }

    /// The columns that DISP shows.
    pub(crate) fn displayed(&self, expression: &Selection) -> Vec<Column> {
        if let Some(columns) = &expression.columns {
            return columns.clone();
        }
        let mut columns = transformer_columns(expression.transformer);
        columns.extend(self.all_columns(expression.input));
        let computed = expression.computed.iter().map(|c| Column { header: c.name.clone(), attr: Attr::Added(c.name.clone()) });
        columns.extend(computed);
        columns
    }

    /// The number of a LIMIT or OFFSET, if one is written; the parser has reported one that could not be read.
    pub(crate) fn count(&self, count: Option<&Count>) -> Result<Option<u64>, Reported> {
        count.map(|c| c.value.ok_or_else(|| self.told())).transpose()
    }

    fn transformable(&mut self, input: VarId, transformer: Transformer, span: Span) -> Result<(), Reported> {
        let word = transformer.word();
        let var = self.var(input);
        let diagnostic = match &var.shape {
            Shape::Groups { .. } => {
                Diagnostic::new(&NEEDS_ENTITIES, span, format!("{word} needs entities, `{}` holds groups", var.name))
                    .label("a GROUP result")
                    .also(var.span, "grouped here")
                    .help(format!("apply {word} first and GROUP the result"))
            }
            Shape::Entities { per_record: Some(before), .. } => {
                Diagnostic::new(&ROWS_PER_RECORD, span, format!("`{}` has a row for each record already", var.name))
                    .label(format!("a result of {}", before.word()))
                    .also(var.span, "bound here")
                    .help(format!("apply {word} to the variable before {}", before.word()))
            }
            Shape::Entities { .. } => return Ok(()),
        };
        Err(self.report(diagnostic))
    }

    /// Reports an input that holds groups where `what` (FIND, a merge, APPLY, …) needs entities.
    pub(crate) fn needs_entities(&mut self, input: VarId, span: Span, what: &str) -> Result<(), Reported> {
        let var = self.var(input);
        if matches!(var.shape, Shape::Entities { .. }) {
            return Ok(());
        }
        let diagnostic = Diagnostic::new(&NEEDS_ENTITIES, span, format!("{what} needs entities, `{}` holds groups", var.name))
            .label("a GROUP result")
            .also(var.span, "grouped here")
            .help("name the variable that was grouped");
        Err(self.report(diagnostic))
    }
}
