//! The library against a fake plug, recorded vectors and arbitrary bytes; one binary, since linking is what
//! tests wait for.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod deadlines;
mod discovery;
mod faults;
mod plug;
mod properties;
mod replies;
mod support;
mod vectors;
