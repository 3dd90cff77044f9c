//! Whether a stream that is not cached may be assumed new without reading it. A command on a thing of its own mostly
//! begins a stream, and asking the store for events that are not there costs a round trip each time.
//!
//! This is only a matter of speed. An assumed state is a hint, as a cached one is: an acceptance names version 0,
//! which the append verifies, and a refusal is verified by reading. But a refused append costs the commands committed
//! with it another try. So a stream is assumed new only after many in a row were new, and one mistake ends it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// So many streams of a category that were read, one after the other, must have been new.
const ENOUGH: u32 = 256;

/// For each category, how many streams in a row turned out to be new.
#[derive(Default)]
pub(super) struct AssumedNew(Mutex<HashMap<&'static str, u32>>);

impl AssumedNew {
    /// Whether the category's next stream may be assumed new.
    pub(super) fn applies_to(&self, category: &'static str) -> bool {
        self.with(category, |in_a_row| *in_a_row >= ENOUGH)
    }

    /// A stream of the category was read, or its append refused: it was new, or not.
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
    fn a_category_is_assumed_new_after_many_in_a_row_and_until_one_mistake() {
        let assumed_new = AssumedNew::default();
        for _ in 0..ENOUGH {
            assert!(!assumed_new.applies_to("wristband"));
            assumed_new.found("wristband", true);
        }
        assert!(assumed_new.applies_to("wristband"));
        assert!(!assumed_new.applies_to("claim"), "each category is counted by itself");
        assumed_new.found("wristband", false);
        assert!(!assumed_new.applies_to("wristband"));
    }
}
