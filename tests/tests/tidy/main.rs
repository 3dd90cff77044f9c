//! The house's rules. Reads sources, manifests and documents only.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod documents;
mod layers;
mod sources;
mod text;
mod words;
