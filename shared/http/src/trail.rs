//! Places in a body: of the mistake that ended its reading, and of every value that was refused.
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
            let mut places = self.noted.borrow_mut();
            places.resize_with(after, Vec::new);
            places[before..].iter_mut().for_each(|place| place.push(step()));
        }
        result
    }

    /// The place of the mistake, from outside to inside.
    pub(super) fn failed(&self) -> Vec<String> {
        self.failed.borrow().iter().rev().map(|step| step.name.clone()).collect()
    }

    /// Each refusal with its place, in the order in which the structs declare their fields.
    pub(super) fn places_of(&self, refused: Vec<Refused>) -> Vec<(Vec<String>, Refused)> {
        let mut places = self.noted.take();
        places.resize_with(refused.len(), Vec::new);
        let mut found: Vec<_> = places.into_iter().zip(refused).collect();
        for (place, _) in &mut found {
            place.reverse();
        }
        found.sort_by(|(a, _), (b, _)| a.iter().map(|step| step.rank).cmp(b.iter().map(|step| step.rank)));
        let names = |place: Vec<Step>| place.into_iter().map(|step| step.name).collect();
        found.into_iter().map(|(place, refused)| (names(place), refused)).collect()
    }
}
