//! Commands on plays. No rules here: those are in the domain.

mod abort;
mod finish;
mod ongoing;
mod record;
mod rescore;
mod start;

pub use abort::{AbortOverduePlay, AbortPlay};
pub use finish::FinishPlay;
pub use record::RecordPlay;
pub use rescore::{CorrectScore, VoidScore};
pub use start::{PlayStarted, StartPlay};

use domain::{Refusal, game::GameError, room::RoomError};

use crate::commands::AboutField as _;

/// What is missing is what a command on a room's play names; the game is the room's.
fn about_named(refusal: Refusal) -> Refusal {
    refusal
        .about(&RoomError::NotFound, "room_id")
        .about(&GameError::NotFound, "room_id")
        .about(&GameError::VariantNotFound, "variant_id")
}
