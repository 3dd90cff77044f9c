//! The catalogue: games and their variants, the same for every location.

mod event;

pub use event::GameEvent;

use super::values::Name;

/// How the players of a variant stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Together, against the room.
    Alliance,
    /// Against each other.
    Pvp,
    /// By the game's own rules.
    Custom,
}

/// Everything about a variant but its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantSpec {
    /// What people call it.
    pub name: Name,
    /// How players stand to each other.
    pub mode: Mode,
    /// How many levels it has, 1 to 100.
    pub levels: u32,
    /// Most iterations of a play, 1 to 1 000.
    pub max_iterations: u32,
    /// Length of one iteration, 1 to 3 600 seconds.
    pub iteration_seconds: u32,
    /// Most players, 1 to the game's own.
    pub max_players: u32,
    /// For the players, at most 5 000 characters; may be empty.
    pub instructions: String,
    /// `https` links to pictures and videos, at most 20.
    pub media_links: Vec<String>,
}

impl VariantSpec {
    /// A play running longer than this is aborted.
    #[must_use]
    pub fn longest_play_seconds(&self) -> i64 {
        i64::from(self.max_iterations) * i64::from(self.iteration_seconds)
    }
}
