//! Asks for a plug to be on or off.

use domain::{
    ids::{LocationId, PlugId},
    plug::{PlugCommand, RelayState, ask_end},
    values::Reason,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ChangePlug, End};
use crate::execute::{Answer, Changed, Command, Decided, UnitOfWork};

/// What an ask comes to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AskPlugDone {
    /// The plug's stream.
    pub stream: String,
    /// When the ask ends; absent for an off without an end.
    pub until: Option<Timestamp>,
    /// Its version after the command.
    pub version: u64,
}

/// Asks for a state of a plug.
#[derive(Clone, Debug)]
pub struct AskPlug {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: PlugId,
    /// On or off.
    pub state: RelayState,
    /// Why.
    pub reason: Reason,
    /// Until when, if it was said.
    pub end: Option<End>,
}

impl Command for AskPlug {
    type Answer = AskPlugDone;
    const NAME: &'static str = "ask_plug";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<AskPlugDone> {
        let Self { location, id, state, reason, end } = self;
        let at = work.now();
        let until = ask_end(state, end.map(|end| end.after(at)), at);
        let command = PlugCommand::Ask { state, reason, until, at };
        ChangePlug { location, id, command }.decide(work.clone()).await?;
        let Changed { stream, version } = work.standing(&id.stream());
        Ok(Answer::ok(id.stream(), AskPlugDone { stream, until, version }))
    }
}
