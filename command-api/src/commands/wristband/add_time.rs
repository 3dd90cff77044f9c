//! Adds time to a wristband that has some left.

use domain::{
    Change,
    ids::{LocationId, WristbandUid},
    values::{Minutes, Reason},
    wristband::{WristbandCommand, decide},
};

use super::loaded::{LoadedBand, WristbandChanged};
use crate::execute::{Command, Decided, ExecuteError, UnitOfWork};

/// Adds time.
#[derive(Clone, Debug)]
pub struct AddTime {
    /// Where.
    pub location: LocationId,
    /// Which wristband.
    pub uid: WristbandUid,
    /// How much.
    pub minutes: Minutes,
    /// Why, if that is said.
    pub reason: Option<Reason>,
}

impl Command for AddTime {
    type Answer = WristbandChanged;
    const NAME: &'static str = "add_time";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandChanged> {
        let Self { location, uid, minutes, reason } = self;
        let band = LoadedBand::without_wearer(&work, location, uid).await?;
        let add = WristbandCommand::AddTime { minutes, reason, at: work.now() };
        let events = decide(band.band().state, add).map_err(ExecuteError::refused)?;
        let changes = Change::all(&band.stream, events);
        Ok(band.record(&work, changes))
    }
}
