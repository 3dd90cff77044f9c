//! Keeps a signature under a waiver.

use domain::{
    ids::{LocationId, PlayerId},
    player::{Player, PlayerCommand, PlayerError, PlayerState, WaiverVersion, decide},
    values::Name,
};
use jiff::Timestamp;

use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Signs a waiver, now.
#[derive(Clone)]
pub struct SignWaiver {
    /// For whom.
    pub id: PlayerId,
    /// Where.
    pub location: LocationId,
    /// Which text was signed.
    pub version: WaiverVersion,
    /// Who signed.
    pub signed_by: Name,
    /// Until when it shall hold.
    pub expires_at: Option<Timestamp>,
}

impl Command for SignWaiver {
    type Answer = Changed;
    const NAME: &'static str = "sign_waiver";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { id, location, version, signed_by, expires_at } = self;
        let sign = PlayerCommand::SignWaiver { version, signed_by, signed_at: work.now(), expires_at };
        let decide = |player: &PlayerState| -> Result<_, PlayerError> {
            player.existing_at(location)?;
            decide(player, sign)
        };
        work.decide::<Player, _>(id.stream(), decide).await
    }
}
