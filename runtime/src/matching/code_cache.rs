//! Work done once for all records that have the same dictionary codes in what it depends on.

use rustc_hash::FxHashMap;

/// What was worked out, by the codes that it depends on.
pub(crate) struct CodeCache<T> {
    /// Of one code alone, as most identities have it.
    by_code: Vec<Option<T>>,
    by_codes: FxHashMap<Box<[u32]>, T>,
    codes: Vec<u32>,
}

impl<T> Default for CodeCache<T> {
    fn default() -> Self {
        Self { by_code: Vec::new(), by_codes: FxHashMap::default(), codes: Vec::new() }
    }
}

impl<T: Clone> CodeCache<T> {
    /// The result of `work`. `fingerprint` writes the codes down that it depends on, `u32::MAX` behind those of each field;
    /// false: it depends on more.
    pub(crate) fn get(&mut self, fingerprint: impl FnOnce(&mut Vec<u32>) -> bool, work: impl FnOnce() -> T) -> T {
        self.codes.clear();
        if !fingerprint(&mut self.codes) {
            return work();
        }
        if let [code, u32::MAX] = self.codes[..]
            && code != u32::MAX
        {
            let at = code as usize;
            if self.by_code.len() <= at {
                self.by_code.resize(at + 1, None);
            }
            return self.by_code[at].get_or_insert_with(work).clone();
        }
        if let Some(known) = self.by_codes.get(self.codes.as_slice()) {
            return known.clone();
        }
        let result = work();
        self.by_codes.insert(self.codes.as_slice().into(), result.clone());
        result
    }
}
