//! The catalogue: games and their variants, the same for every location.

mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod error;
mod event;
mod spec;
#[cfg(test)]
mod tests;

pub use command::{GameCommand, MOST_PLAYERS, decide};
pub use error::GameError;
pub use event::{Game, GameEvent, GameState, ListedGame, Variant};
pub use spec::{Mode, VariantChanges, VariantSpec};
