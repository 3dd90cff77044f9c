//! Changes a score of a finished play.

use domain::{
    ids::{LocationId, PlayId, PlayerId},
    play::{Play, PlayCommand, PlayError, PlayState, decide},
    values::{Points, Reason},
};

use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Corrects a score; what is absent stays as it is.
#[derive(Clone, Debug)]
pub struct CorrectScore {
    /// Where.
    pub location: LocationId,
    /// Which play.
    pub play: PlayId,
    /// Whose score.
    pub player: PlayerId,
    /// Points.
    pub points: Option<Points>,
    /// Level reached.
    pub level: Option<u32>,
    /// Lives left.
    pub lives: Option<u32>,
    /// Why.
    pub reason: Reason,
}

impl Command for CorrectScore {
    type Answer = Changed;
    const NAME: &'static str = "correct_score";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, play, player, points, level, lives, reason } = self;
        let at = work.now();
        rescore(work, location, play, PlayCommand::CorrectScore { player, points, level, lives, reason, at })
            .await
    }
}

/// Voids a score: it no longer counts, for good.
#[derive(Clone, Debug)]
pub struct VoidScore {
    /// Where.
    pub location: LocationId,
    /// Which play.
    pub play: PlayId,
    /// Whose score.
    pub player: PlayerId,
    /// Why.
    pub reason: Reason,
}

impl Command for VoidScore {
    type Answer = Changed;
    const NAME: &'static str = "void_score";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, play, player, reason } = self;
        let at = work.now();
        rescore(work, location, play, PlayCommand::VoidScore { player, reason, at }).await
    }
}

async fn rescore(
    work: UnitOfWork,
    location: LocationId,
    play: PlayId,
    command: PlayCommand,
) -> Decided<Changed> {
    let decide = |state: &PlayState| -> Result<_, PlayError> {
        state.started_at(location)?;
        decide(state, command)
    };
    work.decide::<Play, _>(play.stream(), decide).await
}
