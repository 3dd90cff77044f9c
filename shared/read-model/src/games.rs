//! The catalogue: games and their variants.

use domain::{
    ids::{GameId, VariantId},
    log::Version,
    values::{Code, Name},
};
use read_store::{Json, ReadModel, Record as _, record};
/// The catalogue.
pub const GAMES: ReadModel = ReadModel { name: "games", tables: &[GameRow::TABLE, VariantRow::TABLE] };

record! {
    /// A game.
    pub struct GameRow in "games" {
        key {
            /// Its id.
            game_id: GameId,
        }
        /// Unique in the catalogue.
        code: Code,
        /// What people call it.
        name: Name,
        /// Most players any variant may have.
        max_players: u32,
        /// Whether it takes no new rooms and variants.
        retired: bool,
        /// Last event of its stream.
        stream_version: Version,
    }
}

record! {
    /// A way to play a game.
    pub struct VariantRow in "game_variants" {
        key {
            /// The game.
            game_id: GameId,
            /// Its id.
            variant_id: VariantId,
        }
        /// What people call it.
        name: Name,
        /// `alliance`, `pvp` or `custom`.
        mode: String,
        /// How many levels it has.
        levels: u32,
        /// Most iterations of a play.
        max_iterations: u32,
        /// Length of one iteration.
        iteration_seconds: u32,
        /// Most players.
        max_players: u32,
        /// For the players.
        instructions: String,
        /// Links to pictures and videos.
        media_links: Json<Vec<String>>,
        /// Whether it can no longer be played.
        retired: bool,
    }
}
