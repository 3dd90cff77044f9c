//! What `initialize` and `renew` share: load the venue and the band, let one of the two rules decide about
//! the bought time, record. No rule of its own.

use shared::{
    domain::{
        Change, Refusal,
        ids::{LocationId, WristbandUid},
        location::{Location, LocationState},
        wristband::{
            Wristband,
            process::{Band, Period, Wearer},
        },
    },
    http::{CommandAnswer, CommandRequest, Problem},
};

use super::{PeriodRequest, WristbandChanged, loaded::LoadedBand};
use crate::CommandApi;

/// One of `shared::domain::wristband::process::{initialize, renew}`.
type Rule =
    fn((LocationId, &LocationState), Band<'_>, Option<Wearer<'_>>, Period) -> Result<Vec<Change>, Refusal>;

/// `begins`: whether the band is mostly one that was never here before.
pub(super) async fn buy(
    app: &CommandApi,
    (location, uid): (LocationId, WristbandUid),
    request: &CommandRequest<PeriodRequest>,
    rule: Rule,
    begins: bool,
) -> Result<CommandAnswer<WristbandChanged>, Problem> {
    let period = request.body.checked()?;
    app.run(&request.meta, Some(location), |session| {
        let uid = uid.clone();
        async move {
            let venue = session.load::<Location>(location.stream()).await?;
            if begins {
                session.load_or_begin::<Wristband>(uid.stream(location)).await?;
            }
            let band = LoadedBand::load(&session, location, uid).await?;
            let bought = period(session.now());
            let changes = rule((location, &venue), band.band(), band.wearer(), bought)?;
            Ok(band.record(&session, changes))
        }
    })
    .await
}
