//! Retires a plug: its identity can be registered again.

use domain::{
    claim::Claim,
    ids::{LocationId, PlugId},
    plug::{Plug, cross_stream},
    values::Reason,
};

use crate::execute::{Changed, Command, Decided, ExecuteError, UnitOfWork};

/// Retires a plug.
#[derive(Clone, Debug)]
pub struct RetirePlug {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: PlugId,
    /// Why.
    pub reason: Reason,
}

impl Command for RetirePlug {
    type Answer = Changed;
    const NAME: &'static str = "retire_plug";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id, reason } = self;
        let plug = work.load::<Plug>(id.stream()).await?;
        let identity = &plug.at(location).map_err(ExecuteError::refused)?.identity;
        let claim = work.load::<Claim>(identity.claim_stream()).await?;
        let device = work.load::<Claim>(identity.device_stream()).await?;
        work.record(cross_stream::retire((location, id), &plug, (&claim, &device), reason)?);
        Ok(work.changed(id.stream()))
    }
}
