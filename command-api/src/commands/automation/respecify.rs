//! Gives an automation another rule.

use domain::{
    automation::{
        Automation, AutomationSpec,
        cross_stream::{self, Named},
    },
    ids::{AutomationId, LocationId},
};

use super::named::LoadedNames;
use crate::execute::{Changed, Command, Decided, ExecuteError, UnitOfWork};

/// Replaces an automation's rule.
#[derive(Clone, Debug)]
pub struct RespecifyAutomation {
    /// Where.
    pub location: LocationId,
    /// Which.
    pub id: AutomationId,
    /// Its rule from now on.
    pub spec: AutomationSpec,
}

impl Command for RespecifyAutomation {
    type Answer = Changed;
    const NAME: &'static str = "respecify_automation";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Changed> {
        let Self { location, id, spec } = self;
        let automation = work.load::<Automation>(id.stream()).await?;
        automation.at(location).map_err(ExecuteError::refused)?;
        let loaded = LoadedNames::of(&work, &spec).await?;
        let named = Named { plugs: &loaded.plugs(), room: &loaded.room };
        work.record(cross_stream::respecify((location, id), &named, &automation, spec)?);
        Ok(work.changed(id.stream()))
    }
}
