//! Assigns a wristband to a player.

use domain::{
    Refusal,
    ids::{LocationId, PlayerId, WristbandUid},
    player::{Player, PlayerError},
    wristband::cross_stream::{self, Wearer},
};

use super::loaded::{LoadedBand, WristbandChanged};
use crate::{
    commands::AboutField as _,
    execute::{Command, Decided, UnitOfWork},
};

/// Assigns a wristband.
#[derive(Clone, Debug)]
pub struct AssignWristband {
    /// Where.
    pub location: LocationId,
    /// Which wristband.
    pub uid: WristbandUid,
    /// Who shall wear it.
    pub player: PlayerId,
    /// Whether it is taken off somebody else who wears it.
    pub replace: bool,
}

impl Command for AssignWristband {
    type Answer = WristbandChanged;
    const NAME: &'static str = "assign_wristband";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandChanged> {
        let Self { location, uid, player, replace } = self;
        let band = LoadedBand::load(&work, location, uid).await?;
        let state = work.load::<Player>(player.stream()).await?;
        let current = state.existing_at(location).ok().and_then(|player| player.band.clone());
        let other = match current.filter(|uid| *uid != band.uid) {
            Some(uid) => Some(LoadedBand::without_wearer(&work, location, uid).await?),
            None => None,
        };
        let wearer = Wearer { id: player, state: &state };
        let other = other.as_ref().map(LoadedBand::band);
        let about_player = |refusal: Refusal| refusal.about(&PlayerError::NotFound, "player_id");
        let previous = band.wearer().filter(|_| replace);
        let changes = cross_stream::reassign(location, band.band(), previous, wearer, other, work.now())
            .map_err(about_player)?;
        Ok(band.record(&work, changes))
    }
}
