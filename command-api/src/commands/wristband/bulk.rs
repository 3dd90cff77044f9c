//! Initialises and assigns many wristbands, for groups and parties. Each item succeeds or is refused alone.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Change, Refusal,
    ids::{LocationId, PlayerId, StreamName, WristbandUid},
    location::Location,
    player::{Player, PlayerState},
    values::Minutes,
    wristband::{
        ClockStart, Wristband, WristbandState,
        bulk::{Group, Guest},
        cross_stream::Period,
    },
};
use events::snapshot::Snapshotted;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    commands::item_status,
    execute::{Answer, Changed, Command, Decided, ExecuteError, UnitOfWork},
};

/// What became of many wristbands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BulkWristbandsDone {
    /// How many items succeeded.
    pub accepted: u32,
    /// An answer for each item, in their order.
    pub items: Vec<BulkItemDone>,
    /// The location's stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
}

/// What became of one wristband.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BulkItemDone {
    /// The broken rule, when refused.
    pub code: Option<String>,
    /// What to change, when refused.
    pub detail: Option<String>,
    /// 200, or the status this item alone would have been refused with.
    pub status: u16,
    /// The code on it.
    pub uid: String,
}

/// A wristband to initialise and, with a player, to assign.
#[derive(Clone, Debug)]
pub struct BulkItem {
    /// Which wristband.
    pub uid: WristbandUid,
    /// How much time.
    pub minutes: Minutes,
    /// When the clock starts.
    pub starts: ClockStart,
    /// Who shall wear it, if anybody yet.
    pub player: Option<PlayerId>,
}

/// Initialises many wristbands, in their order.
#[derive(Clone, Debug)]
pub struct InitializeMany {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub items: Vec<BulkItem>,
}

impl Command for InitializeMany {
    type Answer = BulkWristbandsDone;
    const NAME: &'static str = "initialize_many";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<BulkWristbandsDone> {
        let Self { location: location_id, mut items } = self;
        for item in &mut items {
            item.uid = work.stored_uid(location_id, item.uid.clone()).await?;
        }
        let location = work.load::<Location>(location_id.stream()).await?;
        location.in_business().map_err(ExecuteError::refused)?;
        let wanted: Vec<_> = items.iter().map(|item| (item.uid.clone(), item.player)).collect();
        let (bands, players) = load(&work, location_id, &wanted).await?;
        let mut group = Group { location: location_id, location_state: &location, bands, players };
        let (mut done, mut accepted) = (Vec::with_capacity(items.len()), 0_u32);
        for item in items {
            let period = Period { minutes: item.minutes, starts: item.starts, at: work.now() };
            let outcome = group.admit(&Guest { uid: item.uid.clone(), period, player: item.player });
            accepted += u32::from(outcome.is_ok());
            done.push(record(&work, &item.uid, outcome));
        }
        let Changed { stream, version } = work.standing(&location_id.stream());
        Ok(Answer::ok(location_id.stream(), BulkWristbandsDone { accepted, items: done, stream, version }))
    }
}

fn record(work: &UnitOfWork, uid: &WristbandUid, outcome: Result<Vec<Change>, Refusal>) -> BulkItemDone {
    let uid = uid.as_str().to_owned();
    match outcome {
        Ok(changes) => {
            work.record(changes);
            BulkItemDone { code: None, detail: None, status: 200, uid }
        }
        Err(refusal) => {
            let status = item_status(refusal.kind);
            BulkItemDone { code: Some(refusal.code.to_owned()), detail: Some(refusal.message), status, uid }
        }
    }
}

pub(crate) type Bands = BTreeMap<StreamName, WristbandState>;
pub(crate) type Players = BTreeMap<StreamName, PlayerState>;

/// The bands of the items, who wears them, who shall, and what those wear.
pub(crate) async fn load(
    work: &UnitOfWork,
    location: LocationId,
    items: &[(WristbandUid, Option<PlayerId>)],
) -> Result<(Bands, Players), ExecuteError> {
    let own = items.iter().map(|(uid, _)| uid.stream(location)).collect();
    let mut bands = load_each::<Wristband>(work, own).await?;
    let wearers = bands.values().filter_map(WristbandState::player);
    let wanted = wearers.chain(items.iter().filter_map(|(_, player)| *player));
    let players = load_each::<Player>(work, wanted.map(|id| id.stream()).collect()).await?;
    let here = players.values().filter_map(|state| state.existing_at(location).ok());
    let theirs = here.filter_map(|player| player.band.as_ref()).map(|uid| uid.stream(location)).collect();
    bands.extend(load_each::<Wristband>(work, theirs).await?);
    Ok((bands, players))
}

async fn load_each<A: Snapshotted>(
    work: &UnitOfWork,
    streams: BTreeSet<StreamName>,
) -> Result<BTreeMap<StreamName, A::State>, ExecuteError> {
    let states = work.load_all::<A>(streams.iter().cloned().collect()).await?;
    Ok(streams.into_iter().zip(states.iter().map(|state| (**state).clone())).collect())
}
