//! A condition as a tree over numbered comparisons.

use super::compare::Comparer;
use super::{Holds, References, Undecidable};
use huntc_compiler::catalog::{Catalog, EntityId, Rule};
use huntc_compiler::plan::{Attr, Predicate, Test};

/// A condition prepared for testing slots.
pub(crate) struct Condition {
    tree: Tree,
    /// The comparisons in the order in which they are written. A leaf of `tree` is a place in this list.
    pub(crate) comparisons: Vec<Comparison>,
}

pub(crate) struct Comparison {
    /// The type whose slot is tested.
    pub(crate) entity: EntityId,
    pub(crate) attr: Attr,
    pub(crate) comparer: Comparer,
    /// Whether the attribute is a registry key's `key`.
    pub(crate) registry: bool,
}

enum Tree {
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Leaf(usize),
}

impl Condition {
    pub(crate) fn new(predicate: &Predicate, catalog: &Catalog, references: &References) -> Result<Self, Undecidable> {
        let mut comparisons = Vec::new();
        let tree = tree(predicate, catalog, references, &mut comparisons)?;
        Ok(Self { tree, comparisons })
    }

    /// Whether the condition holds, where `leaf` says whether the comparison at a place of `comparisons` holds.
    pub(crate) fn holds(&self, leaf: &mut dyn FnMut(usize) -> Holds) -> Holds {
        self.tree.holds(leaf)
    }
}

impl Tree {
    fn holds(&self, leaf: &mut dyn FnMut(usize) -> Holds) -> Holds {
        match self {
            Self::Leaf(n) => leaf(*n),
            Self::And(parts) => {
                let mut least = Holds::Yes;
                for part in parts {
                    least = least.min(part.holds(leaf));
                    if least == Holds::No {
                        break;
                    }
                }
                least
            }
            Self::Or(parts) => {
                let mut greatest = Holds::No;
                for part in parts {
                    greatest = greatest.max(part.holds(leaf));
                    if greatest == Holds::Yes {
                        break;
                    }
                }
                greatest
            }
        }
    }
}

fn tree(
    predicate: &Predicate,
    catalog: &Catalog,
    references: &References,
    comparisons: &mut Vec<Comparison>,
) -> Result<Tree, Undecidable> {
    Ok(match predicate {
        Predicate::And(parts) => {
            Tree::And(parts.iter().map(|p| tree(p, catalog, references, comparisons)).collect::<Result<_, _>>()?)
        }
        Predicate::Or(parts) => {
            Tree::Or(parts.iter().map(|p| tree(p, catalog, references, comparisons)).collect::<Result<_, _>>()?)
        }
        Predicate::Test(test) => {
            let registry = is_registry_key(test, catalog);
            let comparer = Comparer::new(test, references, registry)?;
            comparisons.push(Comparison { entity: test.entity, attr: test.attr.clone(), comparer, registry });
            Tree::Leaf(comparisons.len() - 1)
        }
    })
}

fn is_registry_key(test: &Test, catalog: &Catalog) -> bool {
    let Attr::Catalog(attr) = test.attr else { return false };
    let attribute = catalog.attribute(test.entity, attr);
    attribute.access.iter().flatten().any(|a| a.rule == Rule::RegistryKey)
}
