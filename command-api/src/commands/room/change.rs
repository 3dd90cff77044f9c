//! Whatever changes one room alone. Another location's room is as absent as none.

use domain::{
    ids::{LocationId, RoomId},
    room::{Room, RoomCommand, cross_stream},
};

use crate::execute::{Changed, Command, Decided, UnitOfWork};

/// Carries out `command` on a room.
#[derive(Clone, Debug)]
pub struct ChangeRoom {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: RoomId,
    /// What.
    pub command: RoomCommand,
}

impl Command for ChangeRoom {
    type Answer = Changed;
    const NAME: &'static str = "change_room";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id, command } = self;
        let room = work.load::<Room>(id.stream()).await?;
        work.record(cross_stream::change((location, id), &room, command)?);
        Ok(work.changed(id.stream()))
    }
}
