//! `GET /v1/locations/{location}/automations`, `…/automations/{automation}` and `…/{automation}/log`.

use auth::Permission;
use axum::extract::State;
use domain::ids::{AutomationId, LocationId};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::{automations::AUTOMATIONS, locations::LOCATIONS};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::{Page, Paging},
    views::{
        automation_log::{self, AutomationLogEntry},
        automations::{self, Automation},
    },
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("automations", "Automations: rules that switch plugs on events, at set times, or every so often.")
        .query(
            "/v1/locations/{location}/automations",
            Permission::AUTOMATION_READ,
            "Automations of a venue\n\nEach with its rule, and what it did last.",
            list,
        )
        .query(
            "/v1/locations/{location}/automations/{automation}",
            Permission::AUTOMATION_READ,
            "One automation",
            one,
        )
        .query(
            "/v1/locations/{location}/automations/{automation}/log",
            Permission::AUTOMATION_READ,
            "Log of an automation\n\nWhat it did, what it skipped and what failed, each with its reason, latest \
             first.",
            log,
        )
}

/// Parameters of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
    ValidQuery(query): ValidQuery<Part>,
) -> Result<Answer<Page<Automation>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "automations")?;
    // A force ends by itself.
    let reads = ReadSet::at(location, &[&AUTOMATIONS, &LOCATIONS]).at_this_instant();
    context.answer(&api, reads, |tables| automations::list(tables, location, api.now(), &paging)).await
}

async fn one(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, automation)): ValidPath<(LocationId, AutomationId)>,
) -> Result<Answer<Automation>, Problem> {
    let reads = ReadSet::at(location, &[&AUTOMATIONS]).at_this_instant();
    context.answer(&api, reads, |tables| automations::one(tables, location, automation, api.now())).await
}

async fn log(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, automation)): ValidPath<(LocationId, AutomationId)>,
    ValidQuery(query): ValidQuery<Part>,
) -> Result<Answer<Page<AutomationLogEntry>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "automation_log")?;
    let reads = ReadSet::at(location, &[&AUTOMATIONS]);
    context.answer(&api, reads, |tables| automation_log::list(tables, location, automation, &paging)).await
}
