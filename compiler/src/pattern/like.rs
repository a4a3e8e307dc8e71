//! Provisional LIKE: the interface that lowering uses; the real one replaces this whole file.
#![allow(missing_docs)]
pub struct Like(bool);
pub enum LikeQuery {
    Term(String),
    Exists,
    Wildcard(String),
}
impl Like {
    pub fn new(_: &str, f: bool) -> Self {
        Self(f)
    }
    pub fn wildcard(&self) -> LikeQuery {
        LikeQuery::Exists
    }
    pub fn folds(&self) -> bool {
        self.0
    }
    pub fn is_match(&self, _: &str) -> bool {
        true
    }
}
