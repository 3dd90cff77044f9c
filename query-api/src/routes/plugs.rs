//! `GET /v1/locations/{location}/plugs`, `…/plugs/{plug}` and `…/plugs/{plug}/history`.

use auth::Permission;
use axum::extract::State;
use domain::ids::{LocationId, PlugId, RoomId};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::{automations::AUTOMATIONS, locations::LOCATIONS, plugs::PLUGS, rooms::ROOMS};
use read_store::ReadModel;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::{Page, Paging},
    views::{
        plug_history::{self, HistoryPart, PlugFact},
        plugs::{self, Plug, PlugFilter},
    },
};

/// What a plug's answer is made from.
const READ: &[&ReadModel] = &[&PLUGS, &AUTOMATIONS, &ROOMS, &LOCATIONS];

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("plugs", "Plugs: the switched outlets behind fog machines, lights and sirens.")
        .query(
            "/v1/locations/{location}/plugs",
            Permission::PLUG_READ,
            "Plugs of a venue\n\nEach with its relay, what is wanted of it, whether it answers, and its latest \
             reading.",
            list,
        )
        .query(
            "/v1/locations/{location}/plugs/{plug}",
            Permission::PLUG_READ,
            "One plug",
            one,
        )
        .query(
            "/v1/locations/{location}/plugs/{plug}/history",
            Permission::PLUG_READ,
            "History of a plug\n\nEvery switch, refusal, failure and command with its reason, latest first; or \
             the readings of its meter.",
            history,
        )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Plugs {
    /// Only plugs that serve this room.
    room_id: Option<Uuid>,
    /// `true`: those that were retired, instead of the others.
    retired: Option<bool>,
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Parameters of a history.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct History {
    /// `facts`, everything but readings, when not sent; `readings`: those of the meter, for 30 days.
    #[param(inline)]
    of: Option<HistoryPart>,
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
    ValidQuery(query): ValidQuery<Plugs>,
) -> Result<Answer<Page<Plug>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "plugs")?;
    let filter = PlugFilter { room: query.room_id.map(RoomId), retired: query.retired.unwrap_or_default() };
    // Asks, overrides and forces end by themselves.
    let reads = ReadSet::at(location, READ).at_this_instant();
    context.answer(&api, reads, |tables| plugs::list(tables, location, filter, api.now(), &paging)).await
}

async fn one(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, plug)): ValidPath<(LocationId, PlugId)>,
) -> Result<Answer<Plug>, Problem> {
    let reads = ReadSet::at(location, READ).at_this_instant();
    context.answer(&api, reads, |tables| plugs::one(tables, location, plug, api.now())).await
}

async fn history(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, plug)): ValidPath<(LocationId, PlugId)>,
    ValidQuery(query): ValidQuery<History>,
) -> Result<Answer<Page<PlugFact>>, Problem> {
    let part = query.of.unwrap_or_default();
    let name = match part {
        HistoryPart::Facts => "plug_facts",
        HistoryPart::Readings => "plug_readings",
    };
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), name)?;
    let reads = ReadSet::at(location, &[&PLUGS]);
    context.answer(&api, reads, |tables| plug_history::list(tables, location, plug, part, &paging)).await
}
