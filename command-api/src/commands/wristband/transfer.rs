//! Transfers time and player to another wristband.

use domain::{
    ids::{LocationId, WristbandUid},
    wristband::cross_stream::{self, Wearers},
};

use super::loaded::{LoadedBand, WristbandChanged};
use crate::execute::{Command, Decided, UnitOfWork};

/// Transfers a wristband. Answers where the one stands that was given away, which is blank now.
#[derive(Clone, Debug)]
pub struct TransferWristband {
    /// Where.
    pub location: LocationId,
    /// From which wristband.
    pub from: WristbandUid,
    /// To which.
    pub to: WristbandUid,
}

impl Command for TransferWristband {
    type Answer = WristbandChanged;
    const NAME: &'static str = "transfer_wristband";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandChanged> {
        let Self { location, from, to } = self;
        let from = LoadedBand::load(&work, location, from).await?;
        let to = LoadedBand::load(&work, location, to).await?;
        let wearers = Wearers { moving: from.wearer(), previous: to.wearer() };
        let changes = cross_stream::transfer(location, from.band(), to.band(), wearers, work.now())?;
        Ok(from.record(&work, changes))
    }
}
