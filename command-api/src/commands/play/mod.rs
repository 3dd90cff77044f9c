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
pub use start::StartPlay;
