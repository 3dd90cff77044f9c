//! Aborts a play: it ends without results.

use domain::{
    ids::{LocationId, PlayId},
    play::cross_stream,
    values::Reason,
};

use super::ongoing::end;
use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Aborts a play, because somebody says so.
#[derive(Clone, Debug)]
pub struct AbortPlay {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub play: PlayId,
    /// Why.
    pub reason: Reason,
}

impl Command for AbortPlay {
    type Answer = Changed;
    const NAME: &'static str = "abort_play";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, play, reason } = self;
        end(work, location, play, |play, at| cross_stream::abort(play, reason, at)).await
    }
}

/// Aborts a play that runs past its maximum length; refused while it does not.
#[derive(Clone, Copy, Debug)]
pub struct AbortOverduePlay {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub play: PlayId,
}

impl Command for AbortOverduePlay {
    type Answer = Changed;
    const NAME: &'static str = "abort_overdue_play";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        end(work, self.location, self.play, cross_stream::abort_overdue).await
    }
}
