//! Slots in a body: of the mistake that ended its reading, and of every value that was refused.
//!
//! A place is gathered from inside to outside, while reading returns; what is read without a mistake costs
//! nothing but two counts a value.

use std::cell::RefCell;

use domain::checked::{Refused, noted};

/// One step from an object or an array to a value in it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The key or the index.
    pub name: String,
    /// Its place among its siblings, as the struct declares them.
    pub rank: usize,
}

/// The places of one body.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// From inside to outside.
    failed: RefCell<Vec<Step>>,
    /// Of each noted refusal, from inside to outside.
    noted: RefCell<Vec<Vec<Step>>>,
}

impl Trail {
    /// Reads the value that lies one `step` further in.
    pub(super) fn inside<T, E>(
        &self,
        step: impl Fn() -> Step,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let before = noted();
        let result = read();
        let after = noted();
        if result.is_err() {
            self.failed.borrow_mut().push(step());
        }
        if after > before {
            let mut slots = self.noted.borrow_mut();
            slots.resize_with(after, Vec::new);
            slots[before..].iter_mut().for_each(|slot| slot.push(step()));
        }
        result
    }

    /// The place of the mistake, from outside to inside.
    pub(super) fn failed(&self) -> Vec<String> {
        self.failed.borrow().iter().rev().map(|step| step.name.clone()).collect()
    }

    /// Each refusal with its place, in the order in which the structs declare their fields.
    pub(super) fn places_of(&self, refused: Vec<Refused>) -> Vec<(Vec<String>, Refused)> {
        let mut slots = self.noted.take();
        slots.resize_with(refused.len(), Vec::new);
        let mut found: Vec<_> = slots.into_iter().zip(refused).collect();
        for (slot, _) in &mut found {
            slot.reverse();
        }
        found.sort_by(|(a, _), (b, _)| a.iter().map(|step| step.rank).cmp(b.iter().map(|step| step.rank)));
        let names = |slot: Vec<Step>| slot.into_iter().map(|step| step.name).collect();
        found.into_iter().map(|(slot, refused)| (names(slot), refused)).collect()
    }
}
