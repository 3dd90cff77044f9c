//! Creates an automation of a location.

use domain::{
    automation::{
        Automation, AutomationSpec,
        cross_stream::{self, Named},
    },
    ids::{AutomationId, LocationId},
    location::Location,
};

use super::named::LoadedNames;
use crate::execute::{Command, Created, Decided, UnitOfWork};

/// Creates an automation.
#[derive(Clone, Debug)]
pub struct CreateAutomation {
    /// Where.
    pub location: LocationId,
    /// The new automation.
    pub id: AutomationId,
    /// Its rule.
    pub spec: AutomationSpec,
}

impl Command for CreateAutomation {
    type Answer = Created;
    const NAME: &'static str = "create_automation";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<Created> {
        let Self { location: location_id, id, spec } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        let automation = work.begin::<Automation>(id.stream());
        let loaded = LoadedNames::of(&work, &spec).await?;
        let named = Named { plugs: &loaded.plugs(), room: &loaded.room };
        work.record(cross_stream::create(&location, &named, &automation, (location_id, id), spec)?);
        Ok(work.created(id.stream(), id.0))
    }
}
