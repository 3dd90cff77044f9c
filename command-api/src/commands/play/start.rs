//! Starts a play: all of its wristbands join, or nothing starts.

use domain::{
    Change, DomainEvent,
    game::Game,
    ids::{LocationId, PlayId, RoomId, VariantId, WristbandUid},
    location::Location,
    play::{
        Play, PlayEvent,
        cross_stream::{self, Start},
    },
    room::Room,
    wristband::Wristband,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::about_named;
use crate::execute::{Answer, Changed, Command, Decided, ExecuteError, UnitOfWork};

/// A play that began.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlayStarted {
    /// Aborted when still running then.
    pub ends_by: String,
    /// The play's id.
    #[schema(value_type = String)]
    pub id: Uuid,
    /// The play's stream.
    pub stream: String,
    /// Its version after the command; send it as `If-Match` to change exactly this.
    pub version: u64,
}

/// Starts a play.
#[derive(Clone, Debug)]
pub struct StartPlay {
    /// The new play.
    pub id: PlayId,
    /// Where.
    pub location: LocationId,
    /// In which room.
    pub room: RoomId,
    /// What is played.
    pub variant: VariantId,
    /// Who plays.
    pub wristbands: Vec<WristbandUid>,
}

impl Command for StartPlay {
    type Answer = PlayStarted;
    const NAME: &'static str = "start_play";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<PlayStarted> {
        let Self { id, location: location_id, room: room_id, variant, wristbands } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        let room = work.load::<Room>(room_id.stream()).await?;
        let installed = room.at(location_id).map_err(|error| about_named(error.into()))?;
        let game = work.load::<Game>(installed.game().stream()).await?;
        let wristbands = stored_uids(&work, location_id, wristbands).await?;
        let streams = wristbands.iter().map(|uid| uid.stream(location_id)).collect();
        let states = work.load_all::<Wristband>(streams).await?;
        work.begin::<Play>(id.stream());
        let bands: Vec<_> = wristbands.into_iter().zip(states).collect();
        let start = Start { id, location: location_id, room: room_id, variant, at: work.now() };
        let changes = cross_stream::start(&location, &room, &game, &bands, start).map_err(about_named)?;
        let ends_by = changes.iter().find_map(ends_by).unwrap_or_else(|| work.now());
        work.record(changes);
        let Changed { stream, version } = work.standing(&id.stream());
        let started = PlayStarted { ends_by: ends_by.to_string(), id: id.0, stream, version };
        Ok(Answer::created(id.stream(), started))
    }
}

fn ends_by(change: &Change) -> Option<Timestamp> {
    match &change.event {
        DomainEvent::Play(PlayEvent::Started { ends_by, .. }) => Some(*ends_by),
        _ => None,
    }
}

async fn stored_uids(
    work: &UnitOfWork,
    location: LocationId,
    uids: Vec<WristbandUid>,
) -> Result<Vec<WristbandUid>, ExecuteError> {
    let mut stored = Vec::with_capacity(uids.len());
    for uid in uids {
        stored.push(work.stored_uid(location, uid).await?);
    }
    Ok(stored)
}
