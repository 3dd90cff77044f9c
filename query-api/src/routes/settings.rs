//! `GET /v1/locations/{location}/settings`.

use auth::Permission;
use axum::extract::State;
use domain::{
    ids::{LocationId, RoomId, VariantId},
    setting::SettingContext,
};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::{locations::LOCATIONS, settings::SETTINGS};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::{Page, Paging},
    views::settings::{self, Setting},
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("settings", "Typed settings; the nearest scope wins.").query(
        "/v1/locations/{location}/settings",
        Permission::SETTING_READ,
        "Settings in effect\n\nOf each key the value of the nearest scope: the variant's, else the room's, else \
         the venue's, else the global one. Scopes that are not asked for do not count.",
        list,
    )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// As seen in this room.
    room_id: Option<Uuid>,
    /// As seen by this variant.
    variant_id: Option<Uuid>,
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
    ValidQuery(query): ValidQuery<Settings>,
) -> Result<Answer<Page<Setting>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "settings")?;
    let place = SettingContext {
        location: Some(location),
        room: query.room_id.map(RoomId),
        variant: query.variant_id.map(VariantId),
    };
    let reads = ReadSet::at(location, &[&SETTINGS, &LOCATIONS]);
    context.answer(&api, reads, |tables| settings::list(tables, location, &place, &paging)).await
}
