//! Issues a pass: a wristband that is good for days.

use domain::{
    ids::{LocationId, WristbandUid},
    location::Location,
    wristband::{Wristband, cross_stream},
};
use jiff::Timestamp;

use super::loaded::{LoadedBand, WristbandChanged};
use crate::execute::{Command, Decided, UnitOfWork};

/// Issues a pass.
#[derive(Clone, Debug)]
pub struct IssuePass {
    /// Where.
    pub location: LocationId,
    /// On which wristband.
    pub uid: WristbandUid,
    /// Until when it is good.
    pub valid_until: Timestamp,
}

impl Command for IssuePass {
    type Answer = WristbandChanged;
    const NAME: &'static str = "issue_pass";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandChanged> {
        let Self { location: location_id, uid, valid_until } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        let uid = work.stored_uid(location_id, uid).await?;
        work.load_or_begin::<Wristband>(uid.stream(location_id)).await?;
        let band = LoadedBand::load(&work, location_id, uid).await?;
        let at = (location_id, &*location);
        let changes = cross_stream::issue_pass(at, band.band(), band.wearer(), valid_until, work.now())?;
        Ok(band.record(&work, changes))
    }
}
