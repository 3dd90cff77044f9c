//! The catalogue: games and their variants, the same for every location.

mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod decide;
mod error;
mod event;
mod spec;
mod state;
#[cfg(test)]
mod tests;

pub use command::GameCommand;
pub use decide::{MOST_PLAYERS, decide};
pub use error::GameError;
pub use event::GameEvent;
pub use spec::{Mode, VariantChanges, VariantSpec};
pub use state::{Game, GameState, ListedGame, Variant};
