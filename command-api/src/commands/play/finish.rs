//! Finishes a play, with a result for each of its wristbands.

use domain::{
    ids::{LocationId, PlayId},
    play::{ReportedResult, cross_stream},
};
use jiff::Timestamp;

use super::ongoing::end;
use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Finishes a play.
#[derive(Clone, Debug)]
pub struct FinishPlay {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub play: PlayId,
    /// One for each wristband.
    pub results: Vec<ReportedResult>,
    /// When it ended; now, when that is not said.
    pub ended_at: Option<Timestamp>,
}

impl Command for FinishPlay {
    type Answer = Changed;
    const NAME: &'static str = "finish_play";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, play, results, ended_at } = self;
        end(work, location, play, |play, at| cross_stream::finish(play, results, ended_at, at)).await
    }
}
