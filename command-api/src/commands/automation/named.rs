//! What an automation's rule names, loaded: its plugs, and its room. The domain says which part of the rule a refusal
//! is about.

use std::sync::Arc;

use domain::{
    automation::AutomationSpec,
    ids::PlugId,
    plug::{Plug, PlugState},
    room::{Room, RoomState},
};

use crate::execute::{ExecuteError, UnitOfWork};

/// What a rule names.
pub(super) struct LoadedNames {
    plugs: Vec<(PlugId, Arc<PlugState>)>,
    /// Nothing, when the rule names none.
    pub room: Arc<RoomState>,
}

impl LoadedNames {
    pub(super) async fn of(work: &UnitOfWork, spec: &AutomationSpec) -> Result<Self, ExecuteError> {
        let states = work.load_all::<Plug>(spec.plugs.iter().map(PlugId::stream).collect()).await?;
        let plugs = spec.plugs.iter().copied().zip(states).collect();
        let room = match spec.room() {
            Some(room) => work.load::<Room>(room.stream()).await?,
            None => Arc::default(),
        };
        Ok(Self { plugs, room })
    }

    pub(super) fn plugs(&self) -> Vec<(PlugId, &PlugState)> {
        self.plugs.iter().map(|(id, plug)| (*id, &**plug)).collect()
    }
}
