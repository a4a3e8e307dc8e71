//! The forms of the language that a program uses, as names.

use huntc_compiler::check::hir::Function;
use huntc_compiler::commands::group::Key;
use huntc_compiler::commands::new::Rows;
use huntc_compiler::program::{Command, Program, Statement};
use huntc_compiler::syntax::ast::{
    AttrPath, Comparison, Expression, Length, Literal, LiteralKind, Observation, Operands, Operator, Path, Pattern, Qualifier,
    TimeSpan,
};
use std::collections::BTreeSet;

/// Adds the forms of a program.
pub(super) fn collect(program: &Program, text: &str, seen: &mut BTreeSet<String>) {
    let mut forms = Forms { text, seen };
    forms.source(program);
    for statement in &program.statements {
        forms.statement(statement);
    }
}

struct Forms<'a> {
    text: &'a str,
    seen: &'a mut BTreeSet<String>,
}

impl Forms<'_> {
    fn add(&mut self, form: &str) {
        self.seen.insert(form.to_owned());
    }

    fn add_if(&mut self, yes: bool, form: &str) {
        if yes {
            self.add(form);
        }
    }

    /// One of two forms.
    fn either(&mut self, yes: bool, form: &str, otherwise: &str) {
        self.add(if yes { form } else { otherwise });
    }

    fn source(&mut self, program: &Program) {
        self.add_if(program.statements.is_empty(), "empty");
        self.add_if(self.text.lines().any(|l| l.trim_start().starts_with('#')), "comment");
        self.add_if(self.text.contains("\r\n"), "CRLF");
        self.add_if(self.text.starts_with('\u{feff}'), "BOM");
        self.add_if(self.text.contains(" get ") && self.text.contains(" where "), "lower case");
        self.add_if(self.text.contains("Get ") && self.text.contains("Where "), "mixed case");
        self.add_if(self.text.contains(" DESC"), "DESC");
        let pairs = program.statements.windows(2);
        let same_line = |a: &Statement, b: &Statement| !self.text[a.span.end as usize..b.span.start as usize].contains('\n');
        let glued = pairs.into_iter().any(|p| same_line(&p[0], &p[1]));
        self.add_if(glued, "two statements on a line");
    }

    fn statement(&mut self, statement: &Statement) {
        let (name, form) = match &statement.command {
            Command::Get(get) => {
                self.either(get.pattern.is_none(), "GET without WHERE", "WHERE");
                match &get.from {
                    None => self.add("GET without FROM"),
                    Some(path) => self.from(path),
                }
                self.filter(get.pattern.as_ref(), &get.entity.text);
                self.span("GET", get.span.as_ref());
                self.add_if(get.limit.is_some(), "GET LIMIT");
                self.add_if(get.limit.as_ref().is_some_and(|limit| limit.parameter.is_some()), "LIMIT parameter");
                ("GET", true)
            }
            Command::Find(find) => {
                self.either(find.by.is_some(), "FIND BY", "FIND without BY");
                self.add_if(find.relation.text == "LINKED", "FIND LINKED");
                self.add_if(find.filter.is_some(), "FIND WHERE");
                self.add_if(find.limit.is_some(), "FIND LIMIT");
                if let Some(depth) = &find.depth {
                    self.either(depth.steps.is_some(), "FIND DEPTH", "FIND DEPTH *");
                }
                self.filter(find.filter.as_ref(), &find.entity.text);
                self.span("FIND", find.span.as_ref());
                ("FIND", true)
            }
            Command::New(new) => {
                self.add_if(new.entity.is_none(), "NEW without type");
                self.rows(&new.rows);
                ("NEW", true)
            }
            Command::Load(load) => {
                self.either(load.entity.is_some(), "LOAD AS", "LOAD without AS");
                self.either(load.path.quoted, "path quoted", "path bare");
                ("LOAD", true)
            }
            Command::Sort(sort) => {
                self.either(sort.by.ascending, "SORT ASC", "SORT default");
                ("SORT", true)
            }
            Command::Group(group) => {
                self.group(group);
                ("GROUP", true)
            }
            Command::Join(join) => {
                self.either(!join.by.is_empty(), "JOIN BY", "JOIN without BY");
                self.add_if(join.by.len() > 1, "JOIN BY several pairs");
                self.add_if(join.within.is_some(), "JOIN WITHIN");
                ("JOIN", true)
            }
            Command::Merge(merge) => {
                self.add_if(merge.variables.len() > 2, "merge of three");
                ("merge", true)
            }
            Command::Assign(assign) => {
                let expression = &assign.expression;
                self.expression("assign", expression);
                ("assign", true)
            }
            Command::Disp(disp) => {
                self.expression("DISP", &disp.expression);
                ("DISP", false)
            }
            Command::Apply(apply) => {
                self.either(apply.arguments.is_empty(), "APPLY without WITH", "APPLY WITH");
                self.either(apply.analytic.text.contains("://"), "APPLY scheme", "APPLY bare");
                self.add_if(apply.variables.len() > 1, "APPLY several");
                apply.arguments.iter().for_each(|(_, operand)| self.operand(operand));
                ("APPLY", false)
            }
            Command::Save(save) => {
                self.either(save.path.quoted, "path quoted", "path bare");
                ("SAVE", false)
            }
            Command::Info(_) => ("INFO", false),
            Command::Describe(_) => ("DESCRIBE", false),
            Command::Explain(_) => ("EXPLAIN", false),
            Command::Error => panic!("the corpus has a statement that cannot be read: {statement:?}"),
        };
        self.add(&if form && statement.target.is_some() { format!("{name} =") } else { name.to_owned() });
    }

    fn from(&mut self, path: &Path) {
        self.add_if(path.quoted, "GET FROM quoted");
        self.either(path.text.contains("://"), "GET FROM scheme", "GET FROM bare");
        self.add_if(path.text.contains(','), "GET FROM list");
    }

    fn span(&mut self, command: &str, span: Option<&TimeSpan>) {
        match span {
            None => {}
            Some(TimeSpan::Between { start, span, .. }) => {
                self.add(&format!("{command} START"));
                self.add_if(start.parameter.is_some(), "START parameter");
                let clause = self.text[span.start as usize..span.end as usize].to_owned();
                for word in clause.split_ascii_whitespace().filter(|w| w.contains("20") || w.ends_with('\'')) {
                    let form = ["t'", "t\"", "'", "\""].into_iter().find(|p| word.starts_with(p)).unwrap_or("bare");
                    self.add(&format!("instant {form}"));
                }
            }
            Some(TimeSpan::Last(Length { span, parameter, .. })) => {
                self.add(&format!("{command} LAST"));
                self.add_if(parameter.is_some(), "LAST parameter");
                let clause = self.text[span.start as usize..span.end as usize].to_ascii_lowercase();
                let unit: String =
                    clause.chars().rev().take_while(char::is_ascii_alphabetic).collect::<String>().chars().rev().collect();
                self.add(&format!("LAST {unit}"));
                self.add_if(clause.split_ascii_whitespace().count() == 2, "LAST glued");
            }
        }
    }

    fn expression(&mut self, command: &str, expression: &Expression) {
        let clauses = [
            ("WHERE", expression.filter.is_some()),
            ("ATTR", expression.attributes.is_some()),
            ("SORT BY", expression.sort.is_some()),
            ("LIMIT", expression.limit.is_some()),
            ("OFFSET", expression.offset.is_some()),
            ("transformer", expression.transformer.is_some()),
        ];
        for (clause, there) in clauses {
            self.add_if(there, &format!("{command} {clause}"));
            self.add_if(there && clause != "transformer", clause);
        }
        self.add_if(clauses.iter().all(|(_, there)| !there) && command == "assign", "assign copy");
        self.add_if(expression.offset.is_some() && expression.limit.is_none(), "OFFSET without LIMIT");
        self.add_if(expression.sort.as_ref().is_some_and(|s| s.ascending), "SORT BY ASC");
        if let Some(transformer) = expression.transformer {
            self.add(transformer.word());
        }
        expression.attributes.iter().flatten().for_each(|a| self.attribute(a));
        self.filter(expression.filter.as_ref(), "");
    }

    fn filter(&mut self, filter: Option<&Observation>, entity: &str) {
        match filter {
            None => {}
            Some(Observation::One { pattern, bracketed }) => {
                self.either(*bracketed, "[pattern]", "pattern");
                self.pattern(pattern, false, entity);
            }
            Some(Observation::And(parts, _)) => self.parts("[a] AND [b]", parts, entity),
            Some(Observation::Or(parts, _)) => self.parts("[a] OR [b]", parts, entity),
            Some(Observation::FollowedBy(parts, _)) => self.parts("[a] FOLLOWEDBY [b]", parts, entity),
            Some(Observation::Qualified(inner, qualifier, _)) => {
                match qualifier {
                    Qualifier::Within(_) => self.add("WITHIN"),
                    Qualifier::Repeats(_) => self.add("REPEATS"),
                    Qualifier::Between(..) => self.add("START inside"),
                    Qualifier::By(_) => self.add("BY of observations"),
                    Qualifier::Without(without) => {
                        self.either(without.by.is_empty(), "WITHOUT", "WITHOUT BY");
                        self.pattern(&without.pattern, false, entity);
                    }
                }
                self.filter(Some(inner), entity);
            }
        }
    }

    fn parts(&mut self, form: &str, parts: &[Observation], entity: &str) {
        self.add(form);
        for part in parts {
            self.filter(Some(part), entity);
        }
    }

    fn pattern(&mut self, pattern: &Pattern, inside: bool, entity: &str) {
        match pattern {
            Pattern::And(parts, _) | Pattern::Or(parts, _) => {
                self.either(matches!(pattern, Pattern::And(..)), "AND", "OR");
                self.add_if(inside, "nested");
                for part in parts {
                    self.pattern(part, true, entity);
                }
            }
            Pattern::Not(part, _) => {
                self.add(if matches!(**part, Pattern::Compare(_)) { "NOT attribute" } else { "NOT (" });
                self.pattern(part, true, entity);
            }
            Pattern::Compare(comparison) => self.comparison(comparison, entity),
            Pattern::Error(_) => panic!("the corpus has a pattern that cannot be read"),
        }
    }

    fn comparison(&mut self, comparison: &Comparison, entity: &str) {
        let word = match comparison.operator {
            Operator::Eq => "=",
            Operator::Ne => "!=",
            Operator::Lt => "<",
            Operator::Le => "<=",
            Operator::Gt => ">",
            Operator::Ge => ">=",
            Operator::In => "IN",
            Operator::EqAnyCase => "=~",
            Operator::NeAnyCase => "!~",
            Operator::InAnyCase => "IN~",
            Operator::Like => "LIKE",
            Operator::Matches => "MATCHES",
            Operator::IsSubset => "ISSUBSET",
            Operator::IsSuperset => "ISSUPERSET",
            Operator::IsNull if comparison.negated => "IS NOT NULL",
            Operator::IsNull => "IS NULL",
        };
        let not = comparison.negated && comparison.operator != Operator::IsNull;
        self.add(&format!("{}{word}", if not { "NOT " } else { "" }));
        let operator = comparison.operator_span;
        self.add_if(&self.text[operator.start as usize..operator.end as usize] == "==", "==");
        if let Some(typed) = &comparison.attribute.entity {
            self.add("type:attribute");
            self.add_if(!entity.is_empty() && typed.text != entity, "other type");
        }
        self.attribute(&comparison.attribute);
        if let Some(operand) = &comparison.operand {
            self.operand(operand);
        }
    }

    fn attribute(&mut self, attribute: &AttrPath) {
        self.add_if(attribute.text.contains("[*]"), "[*]");
        self.add_if(attribute.text.contains(".'"), "quoted segment");
        self.add_if(attribute.text.matches("_ref.").count() > 1, "two hops");
    }

    fn operand(&mut self, operand: &Operands) {
        match operand {
            Operands::One(literal) => self.literal(literal),
            Operands::List(literals, span) => {
                match self.text[span.start as usize..].chars().next() {
                    Some('$') => self.add("list of a parameter"),
                    Some('(') => self.add("list ("),
                    _ => self.add("list ["),
                }
                self.add_if(literals.len() == 1, "list of one");
                let reference = |l: &Literal| matches!(l.kind, LiteralKind::Reference(_));
                self.add_if(literals.iter().any(reference), "reference in list");
                for literal in literals {
                    self.literal(literal);
                }
            }
        }
    }

    fn literal(&mut self, literal: &Literal) {
        if literal.given.is_some() {
            return self.add("parameter");
        }
        let form = match &literal.kind {
            LiteralKind::Text(_) => {
                let written = &self.text[literal.span.start as usize..literal.span.end as usize];
                let quote = ["r'", "r\"", "'", "\""].into_iter().find(|p| written.starts_with(p));
                return self.add(&format!("text {}", quote.unwrap_or("?")));
            }
            LiteralKind::Word(_) => "word",
            LiteralKind::Int(n) if *n < 0 => "negative",
            LiteralKind::Int(_) => "integer",
            LiteralKind::Float(_) => "float",
            LiteralKind::Time(_) => "time",
            LiteralKind::Reference(_) => "reference",
            LiteralKind::Parameter(_) | LiteralKind::Error => panic!("the corpus has a value that cannot be read"),
        };
        self.add(form);
    }

    fn rows(&mut self, rows: &Rows) {
        match rows {
            Rows::Names(_) => self.add("NEW names"),
            Rows::Objects(objects) => {
                self.add("NEW objects");
                let keys =
                    |o: &Vec<huntc_compiler::commands::new::Field>| o.iter().map(|f| f.key.text.clone()).collect::<BTreeSet<_>>();
                self.add_if(objects.windows(2).any(|w| keys(&w[0]) != keys(&w[1])), "NEW uneven");
                for field in objects.iter().flatten() {
                    let form = match field.value.as_ref().map(|l| &l.kind) {
                        None => "NEW null",
                        Some(LiteralKind::Text(_)) => "NEW text",
                        Some(LiteralKind::Word(_)) => "NEW boolean",
                        Some(_) => "NEW number",
                    };
                    self.add(form);
                }
            }
            Rows::Error => panic!("the corpus has rows that cannot be read"),
        }
    }

    fn group(&mut self, group: &huntc_compiler::commands::group::Group) {
        self.add_if(group.keys.len() > 1, "GROUP several keys");
        for key in &group.keys {
            match key {
                Key::Attr(_) => self.add("GROUP attribute"),
                Key::Bin { time, .. } => self.either(*time, "GROUP BIN unit", "GROUP BIN"),
            }
        }
        self.add_if(group.aggregates.is_none(), "GROUP without WITH");
        for aggregate in group.aggregates.iter().flatten() {
            self.either(aggregate.alias.is_some(), "GROUP AS", "GROUP without AS");
            self.add(match aggregate.function {
                Function::Min => "MIN",
                Function::Max => "MAX",
                Function::Sum => "SUM",
                Function::Avg => "AVG",
                Function::Count => "COUNT",
                Function::NUnique => "NUNIQUE",
                Function::List => "LIST",
                Function::First => "FIRST",
                Function::Last => "LAST of rows",
            });
            self.add_if(aggregate.attribute.is_none(), "COUNT of rows");
        }
    }
}
