//! Routes of plugs: the switched outlets behind fog machines, lights and sirens.

mod ask;
mod bind;
mod register;
mod release;
mod rename;
mod reports;
mod retire;

use auth::Permission;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("plugs", "Plugs: the switched outlets behind fog machines, lights and sirens.")
        .command(
            "/v1/locations/{location}/plugs",
            Permission::PLUG_REPORT,
            "Register a plug\n\nIt is known by its MAC address and device id, and on a strip by its child id; \
             its address follows discovery. An identity that is registered here already answers 200 with that \
             plug's id. A strip is one plug, registered without `child_id`, or its outlets are plugs: which of \
             both came first, the other is refused until that is retired. A plug is switched only when it is bound to a room, named by an automation, or asked \
             for; until then it is only observed.",
            register::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/reports",
            Permission::PLUG_REPORT,
            "Report what became of plugs and automations\n\nFor the device worker. Each report is a command of \
             its own under its `report_id`: sent again, alone or with others, it takes effect once. Reports \
             about one thing are kept in their order.",
            reports::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/bind",
            Permission::PLUG_MANAGE,
            "Bind a plug to a room, or to none\n\nA plug that nothing wants any more is switched off once and \
             then let go.",
            bind::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/rename",
            Permission::PLUG_MANAGE,
            "Rename a plug",
            rename::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/ask",
            Permission::PLUG_ASK,
            "Ask for a plug to be on or off\n\nOn ends after an hour unless `until` or `for_seconds` says \
             otherwise, at most 24 hours. Off with an end: nothing may switch it on until then. Off without an \
             end: what wants it on now is dropped. An ask replaces the one before.",
            ask::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/release",
            Permission::PLUG_ASK,
            "End what was asked of a plug\n\nAutomations decide again.",
            release::handler,
        )
        .command(
            "/v1/locations/{location}/plugs/{plug}/retire",
            Permission::PLUG_MANAGE,
            "Retire a plug\n\nIt is switched off once and then let go; its identity can be registered again, \
             here or elsewhere.",
            retire::handler,
        )
}
