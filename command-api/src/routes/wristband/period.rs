//! What `initialize` and `renew` share: load the venue and the band, let one of the two rules decide about
//! the bought time, record. No rule of its own.

use shared::{
    domain::{
        Change, Refusal,
        ids::{LocationId, WristbandUid},
        location::{Location, LocationState},
        wristband::{
            Wristband,
            cross_stream::{self, Band, Period, Wearer},
        },
    },
    http::{CommandAnswer, CommandRequest, Problem},
};

use super::{PeriodRequest, WristbandChanged, loaded::LoadedBand};
use crate::CommandApi;

/// How time on a band is bought.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purchase {
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

    pub(super) async fn run(
        self,
        app: &CommandApi,
        (location, uid): (LocationId, WristbandUid),
        request: &CommandRequest<PeriodRequest>,
    ) -> Result<CommandAnswer<WristbandChanged>, Problem> {
        let period = request.body.checked()?;
        app.run(&request.meta, Some(location), |session| {
            let uid = uid.clone();
            async move {
                let venue = session.load::<Location>(location.stream()).await?;
                if self == Self::Initialize {
                    session.load_or_begin::<Wristband>(uid.stream(location)).await?;
                }
                let band = LoadedBand::load(&session, location, uid).await?;
                let bought = period(session.now());
                let changes = self.rule()((location, &venue), band.band(), band.wearer(), bought)?;
                Ok(band.record(&session, changes))
            }
        })
        .await
    }
}
