//! A wristband with its wearer as a unit of work loads them, and the answer after a command on it.

use std::sync::Arc;

use domain::{
    Aggregate as _, Change,
    ids::{LocationId, PlayerId, StreamName, WristbandUid},
    player::{Player, PlayerState},
    wristband::{
        ScanFacts, Wristband, WristbandState,
        cross_stream::{Band, Wearer},
    },
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::execute::{Answer, Changed, ExecuteError, UnitOfWork};

/// Where a wristband stands after a command.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WristbandChanged {
    /// When the time is over, or was; none while the clock waits for the first scan.
    pub ends_at: Option<String>,
    /// Rounded up.
    pub minutes_left: u32,
    /// Who wears it, or wore it last.
    pub player_id: Option<String>,
    /// The wristband's stream.
    pub stream: String,
    /// Its version after the command; send it as `If-Match` to change exactly this.
    pub version: u64,
}

/// A wristband and who wears it, or wore it last; both guarded.
pub(super) struct LoadedBand {
    pub uid: WristbandUid,
    pub stream: StreamName,
    state: Arc<WristbandState>,
    wearer: Option<(PlayerId, Arc<PlayerState>)>,
}

impl LoadedBand {
    pub(super) async fn load(
        work: &UnitOfWork,
        location: LocationId,
        uid: WristbandUid,
    ) -> Result<Self, ExecuteError> {
        let band = Self::without_wearer(work, location, uid).await?;
        let wearer = match band.state.player() {
            Some(player) => Some((player, work.load::<Player>(player.stream()).await?)),
            None => None,
        };
        Ok(Self { wearer, ..band })
    }

    /// For decisions that do not concern the wearer.
    pub(super) async fn without_wearer(
        work: &UnitOfWork,
        location: LocationId,
        uid: WristbandUid,
    ) -> Result<Self, ExecuteError> {
        let uid = work.stored_uid(location, uid).await?;
        let stream = uid.stream(location);
        let state = work.load::<Wristband>(stream.clone()).await?;
        Ok(Self { uid, stream, state, wearer: None })
    }

    pub(super) fn band(&self) -> Band<'_> {
        Band { uid: &self.uid, state: &self.state }
    }

    pub(super) fn wearer(&self) -> Option<Wearer<'_>> {
        self.wearer.as_ref().map(|(id, state)| Wearer { id: *id, state })
    }

    /// What the band is like after `changes`.
    pub(super) fn after(&self, changes: &[Change], now: Timestamp) -> ScanFacts {
        let own = changes.iter().filter(|change| change.stream == self.stream);
        let events = own.filter_map(|change| Wristband::event_of(&change.event));
        ScanFacts::of(&events.fold((*self.state).clone(), Wristband::evolve), now)
    }

    /// Records `changes` and answers where the band stands after them.
    pub(super) fn record(self, work: &UnitOfWork, changes: Vec<Change>) -> Answer<WristbandChanged> {
        let facts = self.after(&changes, work.now());
        work.record(changes);
        let Changed { stream, version } = work.standing(&self.stream);
        let body = WristbandChanged {
            ends_at: facts.ends_at.as_ref().map(Timestamp::to_string),
            minutes_left: facts.minutes_left,
            player_id: facts.player.map(|player| player.to_string()),
            stream,
            version,
        };
        Answer::ok(self.stream, body)
    }
}
