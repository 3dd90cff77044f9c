//! Routes of automations: rules that switch plugs.

mod change;
mod create;
mod disable;
mod enable;
mod force;
mod pulse;
mod spec;
mod unforce;

use auth::Permission;
use http_api::Api;

use crate::CommandApi;

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
