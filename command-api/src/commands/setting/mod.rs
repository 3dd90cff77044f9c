//! Commands on settings: one key at one scope.

mod change;

pub use change::ChangeSetting;
