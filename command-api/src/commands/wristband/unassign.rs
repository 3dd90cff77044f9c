//! Takes a wristband off its player.

use domain::{
    ids::{LocationId, WristbandUid},
    values::Reason,
    wristband::cross_stream,
};

use super::loaded::{LoadedBand, WristbandChanged};
use crate::execute::{Command, Decided, UnitOfWork};

/// Takes a wristband off; its time stays on it.
#[derive(Clone, Debug)]
pub struct UnassignWristband {
    /// Where.
    pub location: LocationId,
    /// Which wristband.
    pub uid: WristbandUid,
    /// Why, if that is said.
    pub reason: Option<Reason>,
}

impl Command for UnassignWristband {
    type Answer = WristbandChanged;
    const NAME: &'static str = "unassign_wristband";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandChanged> {
        let Self { location, uid, reason } = self;
        let band = LoadedBand::load(&work, location, uid).await?;
        let changes = cross_stream::unassign(location, band.band(), band.wearer(), reason, work.now())?;
        Ok(band.record(&work, changes))
    }
}
