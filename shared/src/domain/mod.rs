//! The venue's rules: pure functions over values. No IO, no clock, no randomness, no panic.

pub mod ids;
pub mod values;
