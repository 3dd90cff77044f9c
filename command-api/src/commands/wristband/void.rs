//! Voids a wristband.

use domain::{
    ids::{LocationId, WristbandUid},
    values::Reason,
    wristband::cross_stream,
};

use super::loaded::{LoadedBand, WristbandChanged};
use crate::execute::{Command, Decided, UnitOfWork};

/// Voids a wristband.
#[derive(Clone, Debug)]
pub struct VoidWristband {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub uid: WristbandUid,
    /// Why.
    pub reason: Reason,
}

impl Command for VoidWristband {
    type Answer = WristbandChanged;
    const NAME: &'static str = "void_wristband";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandChanged> {
        let Self { location, uid, reason } = self;
        let band = LoadedBand::load(&work, location, uid).await?;
        let changes = cross_stream::void(location, band.band(), band.wearer(), reason, work.now())?;
        Ok(band.record(&work, changes))
    }
}
