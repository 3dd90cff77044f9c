//! Commands on automations: rules that switch plugs.

mod change;
mod create;
mod disable;
mod enable;
mod force;
mod pulse;
mod spec;
mod unforce;

use std::sync::Arc;

use shared::{
    auth::Permission,
    domain::{
        Refusal,
        automation::{Automation, AutomationCommand, AutomationSpec, cross_stream},
        ids::{AutomationId, LocationId, PlugId},
        plug::{Plug, PlugState},
        room::{Room, RoomState},
    },
    http::Api,
};

use crate::{
    CommandApi,
    execute::{Answer, ExecuteError, Session},
    routes::named_in_body,
};

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("automations", "Automations: rules that switch plugs on events, at set times, or every so often.")
        .command(
            "/v1/locations/{location}/automations",
            Permission::AUTOMATION_MANAGE,
            "Create an automation\n\nIt is enabled. Its plugs and its room must be of this location. Several \
             automations on one plug: it is on while any of them wants it.",
            create::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/change",
            Permission::AUTOMATION_MANAGE,
            "Change an automation\n\nThe whole rule; what it held on is let go where the new rule does not \
             want it.",
            change::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/enable",
            Permission::AUTOMATION_MANAGE,
            "Enable an automation",
            enable::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/disable",
            Permission::AUTOMATION_MANAGE,
            "Disable an automation\n\nWhat it held on is let go, and a force ends.",
            disable::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/force",
            Permission::AUTOMATION_FORCE,
            "Force an automation on or off\n\nWhatever its trigger and gates, until the end, at most 24 hours \
             away. On: its plugs are wanted on. Off: it wants none of its plugs on.",
            force::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/unforce",
            Permission::AUTOMATION_FORCE,
            "End a force",
            unforce::handler,
        )
        .command(
            "/v1/locations/{location}/automations/{automation}/pulse",
            Permission::AUTOMATION_FORCE,
            "Pulse an automation's plugs now\n\nWhatever its trigger and gates.",
            pulse::handler,
        )
}

/// Loads the automation, decides, records. Another location's is as absent as none.
async fn apply(
    session: Session,
    (location, id): (LocationId, AutomationId),
    command: AutomationCommand,
) -> Result<Answer, ExecuteError> {
    let automation = session.load::<Automation>(id.stream()).await?;
    session.record(cross_stream::change((location, id), &automation, command)?);
    Ok(Answer::ok(id.stream()))
}

/// What a rule names, loaded.
struct Loaded {
    plugs: Vec<(PlugId, Arc<PlugState>)>,
    room: Arc<RoomState>,
}

impl Loaded {
    async fn of(session: &Session, spec: &AutomationSpec) -> Result<Self, ExecuteError> {
        let states = session.load_all::<Plug>(spec.plugs.iter().map(PlugId::stream).collect()).await?;
        let plugs = spec.plugs.iter().copied().zip(states).collect();
        let room = match spec.room() {
            Some(room) => session.load::<Room>(room.stream()).await?,
            None => Arc::default(),
        };
        Ok(Self { plugs, room })
    }

    fn plugs(&self) -> Vec<(PlugId, &PlugState)> {
        self.plugs.iter().map(|(id, plug)| (*id, &**plug)).collect()
    }
}

/// What is missing of what the rule names is a wrong value in it.
fn named_in_spec(refusal: Refusal) -> Refusal {
    named_in_body(refusal, &["plug_not_found", "room_not_found"])
}
