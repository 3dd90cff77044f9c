//! A wristband with its wearer as a session loads them, and the answer after a command on it.

use std::sync::Arc;

use jiff::Timestamp;
use shared::domain::{
    Aggregate as _, Change,
    ids::{LocationId, PlayerId, StreamName, WristbandUid},
    player::{Player, PlayerState},
    wristband::{
        ScanFacts, Wristband, WristbandState,
        cross_stream::{Band, Wearer},
    },
};

use crate::execute::{Answer, ExecuteError, Session};

/// A wristband and who wears it, or wore it last; both guarded.
pub(super) struct LoadedBand {
    pub uid: WristbandUid,
    pub stream: StreamName,
    state: Arc<WristbandState>,
    wearer: Option<(PlayerId, Arc<PlayerState>)>,
}

impl LoadedBand {
    pub(super) async fn load(
        session: &Session,
        location: LocationId,
        uid: WristbandUid,
    ) -> Result<Self, ExecuteError> {
        let band = Self::without_wearer(session, location, uid).await?;
        let wearer = match band.state.player() {
            Some(player) => Some((player, session.load::<Player>(player.stream()).await?)),
            None => None,
        };
        Ok(Self { wearer, ..band })
    }

    /// For decisions that do not concern the wearer.
    pub(super) async fn without_wearer(
        session: &Session,
        location: LocationId,
        uid: WristbandUid,
    ) -> Result<Self, ExecuteError> {
        let stream = uid.stream(location);
        let state = session.load::<Wristband>(stream.clone()).await?;
        Ok(Self { uid, stream, state, wearer: None })
    }

    pub(super) fn band(&self) -> Band<'_> {
        Band { uid: &self.uid, state: &self.state }
    }

    pub(super) fn wearer(&self) -> Option<Wearer<'_>> {
        self.wearer.as_ref().map(|(id, state)| Wearer { id: *id, state })
    }

    /// Records `changes` and answers where the band stands after them.
    pub(super) fn record(self, session: &Session, changes: Vec<Change>) -> Answer {
        let own = changes.iter().filter(|change| change.stream == self.stream);
        let events = own.filter_map(|change| Wristband::event_of(&change.event));
        let state = events.fold((*self.state).clone(), Wristband::evolve);
        session.record(changes);
        described(Answer::ok(self.stream), &ScanFacts::of(&state, session.now()))
    }
}

/// `answer` with what a caller wants to know of a band.
pub(super) fn described(answer: Answer, facts: &ScanFacts) -> Answer {
    answer
        .with("player_id", facts.player.map(|player| player.to_string()))
        .with("minutes_left", facts.minutes_left)
        .with("ends_at", facts.ends_at.as_ref().map(Timestamp::to_string))
}
