//! `GET /v1/locations` and `/v1/locations/{location}`.

use auth::Permission;
use axum::extract::State;
use domain::ids::LocationId;
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::locations::LOCATIONS;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::{Page, Paging},
    views::locations::{self, Location},
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("locations", "Venues.")
        .query(
            "/v1/locations",
            Permission::LOCATION_READ,
            "Venues\n\nA key that is bound to one venue sees that one.",
            list,
        )
        .query("/v1/locations/{location}", Permission::LOCATION_READ, "One venue", one)
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Locations {
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn one(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
) -> Result<Answer<Location>, Problem> {
    let reads = ReadSet::at(location, &[&LOCATIONS]);
    context.answer(&api, reads, |tables| locations::one(tables, location)).await
}

async fn list(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidQuery(query): ValidQuery<Locations>,
) -> Result<Answer<Page<Location>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "locations")?;
    let bound_to = context.caller.location;
    let reads = match bound_to {
        Some(location) => ReadSet::reached_from(location, &[&LOCATIONS]),
        None => ReadSet::everywhere(&[&LOCATIONS]),
    };
    context.answer(&api, reads, |tables| locations::list(tables, bound_to, &paging)).await
}
