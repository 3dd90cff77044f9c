//! Whether a stream that nobody has cached may be supposed to be new, instead of asking the store for events that
//! are not there: what a command on a thing of its own does nearly every time, and a round trip for each of them.
//!
//! Only ever a matter of speed. A supposed state is a hint as a cached one is: an acceptance names version 0, which
//! the append verifies, and a refusal is verified by reading. But an append that is refused costs those committed
//! with it another try, so nothing is supposed before so many in a row were new, and one mistake ends it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// So many streams of a category that were looked up, one after the other, must have been new.
const SURE: u32 = 256;

/// For each category, how many streams in a row turned out to be new.
#[derive(Default)]
pub(super) struct Beginnings(Mutex<HashMap<&'static str, u32>>);

impl Beginnings {
    /// Whether the next one is supposed to be new as well.
    pub(super) fn are_sure(&self, category: &'static str) -> bool {
        self.with(category, |in_a_row| *in_a_row >= SURE)
    }

    /// A stream that was looked up was new, or not.
    pub(super) fn found(&self, category: &'static str, new: bool) {
        self.with(category, |in_a_row| *in_a_row = if new { in_a_row.saturating_add(1) } else { 0 });
    }

    fn with<T>(&self, category: &'static str, look: impl FnOnce(&mut u32) -> T) -> T {
        look(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(category).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_in_a_row_make_sure_and_one_mistake_ends_it() {
        let beginnings = Beginnings::default();
        for _ in 0..SURE {
            assert!(!beginnings.are_sure("wristband"));
            beginnings.found("wristband", true);
        }
        assert!(beginnings.are_sure("wristband"));
        assert!(!beginnings.are_sure("claim"), "each category by itself");
        beginnings.found("wristband", false);
        assert!(!beginnings.are_sure("wristband"));
    }
}
