//! Starts a play: all of its wristbands join, or nothing starts.

use domain::{
    game::Game,
    ids::{LocationId, PlayId, RoomId, VariantId, WristbandUid},
    location::Location,
    play::{
        Play,
        cross_stream::{self, Start},
    },
    room::Room,
    wristband::Wristband,
};

use super::about_named;
use crate::execute::{Command, Created, Decided, ExecuteError, UnitOfWork};

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
    type Answer = Created;
    const NAME: &'static str = "start_play";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
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
        work.record(cross_stream::start(&location, &room, &game, &bands, start).map_err(about_named)?);
        Ok(work.created(id.stream(), id.0))
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
