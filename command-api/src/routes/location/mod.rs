//! Routes of locations.

mod disable;
mod enable;
mod open;
mod rename;
mod settings;

use auth::Permission;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("locations", "The venues, each a tenant.")
        .command(
            "/v1/locations",
            Permission::LOCATION_OPEN,
            "Open a location\n\nIts code is unique.",
            open::handler,
        )
        .command(
            "/v1/locations/{location}/rename",
            Permission::LOCATION_RENAME,
            "Rename a location",
            rename::handler,
        )
        .command(
            "/v1/locations/{location}/settings",
            Permission::LOCATION_CONFIGURE,
            "Change a location's settings\n\nWhat is absent stays as it is.",
            settings::handler,
        )
        .command(
            "/v1/locations/{location}/disable",
            Permission::LOCATION_DISABLE,
            "Disable a location\n\nNothing new starts in it.",
            disable::handler,
        )
        .command(
            "/v1/locations/{location}/enable",
            Permission::LOCATION_ENABLE,
            "Enable a location",
            enable::handler,
        )
}
