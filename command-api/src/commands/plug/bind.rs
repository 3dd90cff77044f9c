//! Binds a plug to a room of its location, or to none.

use std::sync::Arc;

use domain::{
    Refusal,
    ids::{LocationId, PlugId, RoomId},
    plug::{Plug, cross_stream},
    room::{Room, RoomError},
};

use crate::{
    commands::AboutField as _,
    execute::{Changed, Command, Decided, UnitOfWork},
};

/// Binds a plug.
#[derive(Clone, Copy, Debug)]
pub struct BindPlug {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: PlugId,
    /// The room that it shall serve, if any.
    pub room: Option<RoomId>,
}

impl Command for BindPlug {
    type Answer = Changed;
    const NAME: &'static str = "bind_plug";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id, room: room_id } = self;
        let plug = work.load::<Plug>(id.stream()).await?;
        let room = match room_id {
            Some(room) => work.load::<Room>(room.stream()).await?,
            None => Arc::default(),
        };
        let about_room = |refusal: Refusal| refusal.about(&RoomError::NotFound, "room_id");
        work.record(cross_stream::bind((location, id), &plug, room_id, &room).map_err(about_room)?);
        Ok(work.changed(id.stream()))
    }
}
