//! `GET /v1/locations/{location}/players`, `…/players/{player}` and `…/families/{email}`.

use auth::Permission;
use axum::extract::State;
use domain::{
    ids::{LocationId, PlayerId},
    values::EmailAddress,
};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::{locations::LOCATIONS, players::PLAYERS};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Answer, QueryApi, QueryContext, QueryError, ReadSet,
    page::{Page, Paging},
    views::{
        families::{self, Family},
        players::{self, Player, PlayerDetail},
    },
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("players", "Guardians and their dependants.")
        .query(
            "/v1/locations/{location}/players",
            Permission::PLAYER_READ,
            "People of a venue\n\nThose who joined last first. A search finds the beginnings of words in names, \
             e-mails and bands, whatever their case; several words must all be found. People who are found only \
             without accents, or with `ue` for `ü`, come after the others.",
            list,
        )
        .query(
            "/v1/locations/{location}/players/{player}",
            Permission::PLAYER_READ,
            "One person\n\nWith the dependants of a guardian.",
            one,
        )
        .query(
            "/v1/locations/{location}/families/{email}",
            Permission::PLAYER_READ,
            "The family of an e-mail\n\nAt this venue only; compared whatever the case.",
            family,
        )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Players {
    /// Words that names, an e-mail or a band begin with.
    search: Option<String>,
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
    ValidQuery(query): ValidQuery<Players>,
) -> Result<Answer<Page<Player>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "players")?;
    let search = query.search.as_deref();
    let reads = ReadSet::at(location, &[&PLAYERS, &LOCATIONS]);
    context.answer(&api, reads, |tables| players::list(tables, location, search, &paging)).await
}

async fn one(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, player)): ValidPath<(LocationId, PlayerId)>,
) -> Result<Answer<PlayerDetail>, Problem> {
    let reads = ReadSet::at(location, &[&PLAYERS]);
    context.answer(&api, reads, |tables| players::one(tables, location, player)).await
}

async fn family(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath((location, email)): ValidPath<(LocationId, String)>,
) -> Result<Answer<Family>, Problem> {
    // What cannot be an e-mail belongs to no family.
    let email = EmailAddress::new(&email).map_err(|_| QueryError::NotFound)?;
    let reads = ReadSet::at(location, &[&PLAYERS]);
    context.answer(&api, reads, |tables| families::one(tables, location, &email)).await
}
