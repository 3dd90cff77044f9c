//! Stored events: the envelope, the stored form of every domain event, upcasters, snapshots, sealing.
//!
//! A stored version is never edited: it gets a successor `<aggregate>.<fact>.v<N+1>` and an upcaster.

pub mod envelope;

pub use envelope::{EventMetadata, NewEvent, RecordedEvent};
