//! Caches work whose result depends on dictionary codes of a record only, so that it is done once for equal codes.

use foldhash::HashMap;

/// The results of some work, by the codes that each depends on.
pub(crate) struct CodeCache<T> {
    /// Results that depend on one code of one field, by that code. Most identities do.
    by_code: Vec<Option<T>>,
    by_codes: HashMap<Box<[u32]>, T>,
    codes: Vec<u32>,
}

impl<T> Default for CodeCache<T> {
    fn default() -> Self {
        Self { by_code: Vec::new(), by_codes: HashMap::default(), codes: Vec::new() }
    }
}

impl<T: Clone> CodeCache<T> {
    /// The result of `work`. `fingerprint` writes down the codes that it depends on, those of each field followed by
    /// `u32::MAX`. It answers false when the result depends on more than codes; then nothing is cached.
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
