//! Sets or unsets a setting. What its scope names must exist.

use std::sync::Arc;

use domain::{
    Refusal,
    ids::LocationId,
    location::Location,
    room::{Room, RoomError},
    setting::{Scope, Setting, SettingCommand, cross_stream},
};

use crate::{
    commands::AboutField as _,
    execute::{Changed, Command, Decided, UnitOfWork},
};

/// Carries out `command`, which names the scope and the key.
#[derive(Clone, Debug)]
pub struct ChangeSetting(pub SettingCommand);

impl Command for ChangeSetting {
    type Answer = Changed;
    const NAME: &'static str = "change_setting";

    fn location(&self) -> Option<LocationId> {
        match &self.0 {
            SettingCommand::Set { scope, .. } | SettingCommand::Unset { scope, .. } => location_of(scope),
        }
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self(command) = self;
        let (SettingCommand::Set { scope, key, .. } | SettingCommand::Unset { scope, key }) = &command;
        let stream = scope.stream(key);
        let location = match location_of(scope) {
            Some(location) => work.load::<Location>(location.stream()).await?,
            None => Arc::default(),
        };
        let room = match scope {
            Scope::Room(_, room) => work.load::<Room>(room.stream()).await?,
            Scope::Global | Scope::Location(_) | Scope::Variant(..) => Arc::default(),
        };
        let setting = work.load::<Setting>(stream.clone()).await?;
        let about_room = |refusal: Refusal| refusal.about(&RoomError::NotFound, "room_id");
        work.record(cross_stream::change(&location, &room, &setting, command).map_err(about_room)?);
        Ok(work.changed(stream))
    }
}

fn location_of(scope: &Scope) -> Option<LocationId> {
    match scope {
        Scope::Global => None,
        Scope::Location(location) | Scope::Room(location, _) | Scope::Variant(location, _) => Some(*location),
    }
}
