//! Chooses when the time of a wristband is over.

use domain::{
    Change,
    ids::{LocationId, WristbandUid},
    values::Reason,
    wristband::{WristbandCommand, decide},
};
use jiff::Timestamp;

use super::loaded::{LoadedBand, WristbandChanged};
use crate::execute::{Command, Decided, ExecuteError, UnitOfWork};

/// Chooses an end.
#[derive(Clone, Debug)]
pub struct SetEnd {
    /// Where.
    pub location: LocationId,
    /// Which wristband.
    pub uid: WristbandUid,
    /// When the time is over; now, when absent.
    pub ends_at: Option<Timestamp>,
    /// Why.
    pub reason: Reason,
}

impl Command for SetEnd {
    type Answer = WristbandChanged;
    const NAME: &'static str = "set_end";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandChanged> {
        let Self { location, uid, ends_at, reason } = self;
        let band = LoadedBand::without_wearer(&work, location, uid).await?;
        let set = WristbandCommand::SetEnd { ends_at, reason, at: work.now() };
        let events = decide(band.band().state, set).map_err(ExecuteError::refused)?;
        let changes = Change::all(&band.stream, events);
        Ok(band.record(&work, changes))
    }
}
