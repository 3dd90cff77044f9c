//! Buys time on a wristband that has none left: one that is handed out, or one that is worn.

use domain::{
    Change, Refusal,
    ids::{LocationId, WristbandUid},
    location::{Location, LocationState},
    values::Minutes,
    wristband::{
        ClockStart, Wristband,
        cross_stream::{self, Band, Period, Wearer},
    },
};

use super::loaded::{LoadedBand, WristbandChanged};
use crate::execute::{Command, Decided, UnitOfWork};

/// How time on a band is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchase {
    /// On a band that is handed out, mostly one that was never here before.
    Initialize,
    /// On a band that is worn.
    Renew,
}

type Rule =
    fn((LocationId, &LocationState), Band<'_>, Option<Wearer<'_>>, Period) -> Result<Vec<Change>, Refusal>;

impl Purchase {
    fn rule(self) -> Rule {
        match self {
            Self::Initialize => cross_stream::initialize,
            Self::Renew => cross_stream::renew,
        }
    }
}

/// Buys time.
#[derive(Clone, Debug)]
pub struct BuyPeriod {
    /// How.
    pub purchase: Purchase,
    /// Where.
    pub location: LocationId,
    /// On which wristband.
    pub uid: WristbandUid,
    /// How much.
    pub minutes: Minutes,
    /// When the clock starts.
    pub starts: ClockStart,
}

impl Command for BuyPeriod {
    type Answer = WristbandChanged;
    const NAME: &'static str = "buy_period";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<WristbandChanged> {
        let Self { purchase, location: location_id, uid, minutes, starts } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        let uid = work.stored_uid(location_id, uid).await?;
        if purchase == Purchase::Initialize {
            work.load_or_begin::<Wristband>(uid.stream(location_id)).await?;
        }
        let band = LoadedBand::load(&work, location_id, uid).await?;
        let bought = Period { minutes, starts, at: work.now() };
        let changes = purchase.rule()((location_id, &location), band.band(), band.wearer(), bought)?;
        Ok(band.record(&work, changes))
    }
}
