//! `GET /v1/games`.

use auth::Permission;
use axum::extract::State;
use http_api::{Api, Problem, ValidQuery};
use read_model::games::GAMES;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Answer, QueryApi, QueryContext, ReadSet,
    page::{Page, Paging},
    views::games::{self, Game},
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("games", "The catalogue of games and their variants.").query(
        "/v1/games",
        Permission::GAME_READ,
        "The catalogue\n\nGames with their variants, retired ones included.",
        list,
    )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Games {
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

async fn list(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidQuery(query): ValidQuery<Games>,
) -> Result<Answer<Page<Game>>, Problem> {
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), "games")?;
    context.answer(&api, ReadSet::everywhere(&[&GAMES]), |tables| games::list(tables, &paging)).await
}
