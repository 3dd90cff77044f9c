//! The read tables, each declared once: what the projector writes and the query API reads.
//!
//! A file is what one projection keeps: its [`ReadModel`](read_store::ReadModel) and the records that are its
//! rows. A column is added by a line here; the projection's version is then raised, so that the tables are built
//! anew. Structs that end in `Cell` are kept as JSON in one column: their shape is stored, and is no wire form.

pub mod automations;
pub mod games;
pub mod leaderboards;
pub mod locations;
pub mod occupancy;
pub mod players;
pub mod plays;
pub mod plugs;
pub mod rewards;
pub mod rooms;
pub mod settings;
pub mod wristbands;
mod zones;
