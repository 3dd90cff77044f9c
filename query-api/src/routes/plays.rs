//! `GET /v1/locations/{location}/plays`.

use auth::Permission;
use axum::extract::State;
use domain::ids::{LocationId, PlayerId, RoomId, VariantId};
use http_api::{Api, Problem, ValidPath, ValidQuery};
use read_model::plays::PLAYS;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    Answer, QueryApi, QueryContext, QueryError, ReadSet,
    page::{Page, Paging},
    views::{
        plays::{self, Play, PlayFilter, PlayOrder, PlayStatus},
        window::{self, Day},
    },
};

pub(super) fn routes(api: Api<QueryApi>) -> Api<QueryApi> {
    api.tag("plays", "Plays and their results.").query(
        "/v1/locations/{location}/plays",
        Permission::PLAY_READ,
        "History of plays\n\nNewest first unless asked otherwise. Scores are shown as they count now, after \
         corrections; a voided one says so.",
        list,
    )
}

/// Parameters of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Plays {
    /// Only plays that have come this far.
    #[param(inline)]
    status: Option<PlayStatus>,
    /// Only plays in this room.
    room_id: Option<Uuid>,
    /// Only plays of this variant.
    variant_id: Option<Uuid>,
    /// Only plays with this player.
    player_id: Option<Uuid>,
    /// Only plays that began on this day of the venue: `today`, or a date such as `2026-05-01`.
    #[param(pattern = "^(today|[0-9]{4}-[0-9]{2}-[0-9]{2})$")]
    day: Option<String>,
    /// `-started_at`, newest first, when not sent; `started_at`: oldest first.
    #[param(inline)]
    sort: Option<PlayOrder>,
    /// Most items on the page; 50 when not sent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Plays {
    fn filter(&self) -> Result<PlayFilter, QueryError> {
        Ok(PlayFilter {
            status: self.status,
            room: self.room_id.map(RoomId),
            variant: self.variant_id.map(VariantId),
            player: self.player_id.map(PlayerId),
            day: self.day.as_deref().map(Day::parse).transpose()?,
            order: self.sort.unwrap_or_default(),
        })
    }
}

async fn list(
    State(api): State<QueryApi>,
    context: QueryContext,
    ValidPath(location): ValidPath<LocationId>,
    ValidQuery(query): ValidQuery<Plays>,
) -> Result<Answer<Page<Play>>, Problem> {
    let (filter, now) = (query.filter()?, api.now());
    let paging = Paging::parse(query.limit, query.cursor.as_deref(), filter.order.as_str())?;
    let reads = ReadSet::at(location, &[&PLAYS]);
    let reads = if filter.day == Some(Day::Today) { reads.in_period(window::period(now)) } else { reads };
    context.answer(&api, reads, |tables| plays::list(tables, location, &filter, &paging, now)).await
}
