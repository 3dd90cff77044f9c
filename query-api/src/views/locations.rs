//! The venues and their settings.

use domain::ids::LocationId;
use jiff::Timestamp;
use read_model::{
    locations::{LocationRow, SpanCell},
    rewards::TierCell,
};
use read_store::Record as _;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

/// A venue.
#[derive(Debug, Serialize, ToSchema)]
pub struct Location {
    /// Its id.
    pub id: Uuid,
    /// Unique among venues.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// IANA name of the zone of its days and hours.
    pub time_zone: String,
    /// Whether nothing new may start there.
    pub disabled: bool,
    /// Rewards by total points, lowest first.
    pub reward_tiers: Vec<RewardTier>,
    /// When it is open; empty when it never said.
    pub opening_hours: Vec<OpeningSpan>,
    /// When it joined.
    pub opened_at: Timestamp,
}

/// A reward.
#[derive(Debug, Serialize, ToSchema)]
pub struct RewardTier {
    /// What it is called.
    pub name: String,
    /// Total points must be more than this.
    pub over_points: u64,
}

/// A span of opening hours, in the venue's zone.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpeningSpan {
    /// 1 Monday to 7 Sunday.
    pub weekday: u8,
    /// `HH:MM:SS`.
    pub opens: String,
    /// `HH:MM:SS`; before `opens` when it closes the next morning.
    pub closes: String,
}

/// Venues in the order of their ids; only that one, for a caller bound to it.
///
/// # Errors
/// `Sql`.
pub async fn list(
    tables: Tables,
    bound_to: Option<LocationId>,
    paging: &Paging<Uuid>,
) -> Result<Page<Location>, QueryError> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let select = format!("SELECT {} FROM {{locations}} l WHERE ", LocationRow::select("l"));
    let rows = if let Some(location) = bound_to {
        let sql = format!("{select}l.location_id = ?1 AND l.location_id > ?2");
        tables.query(&sql, &[location.into(), after.into()]).await?
    } else {
        let sql = format!("{select}l.location_id > ?1 ORDER BY l.location_id {{limit ?2}}");
        tables.query(&sql, &[after.into(), paging.fetch().into()]).await?
    };
    Ok(paging.page(rows.decode::<LocationRow>()?, |last| last.location_id.0))
}

/// One venue.
///
/// # Errors
/// `NotFound`; `Sql`.
pub async fn one(tables: Tables, location: LocationId) -> Result<Location, QueryError> {
    let sql = format!("SELECT {} FROM {{locations}} l WHERE l.location_id = ?1", LocationRow::select("l"));
    let rows = tables.query(&sql, &[location.into()]).await?;
    rows.first::<LocationRow>()?.map(Into::into).ok_or(QueryError::NotFound)
}

impl From<LocationRow> for Location {
    fn from(row: LocationRow) -> Self {
        Self {
            id: row.location_id.0,
            code: row.code.to_string(),
            name: row.name.to_string(),
            time_zone: row.time_zone.as_str().to_owned(),
            disabled: row.disabled,
            reward_tiers: row.reward_tiers.0.into_iter().map(Into::into).collect(),
            opening_hours: row.opening_hours.0.into_iter().map(Into::into).collect(),
            opened_at: row.opened_at,
        }
    }
}

impl From<TierCell> for RewardTier {
    fn from(cell: TierCell) -> Self {
        Self { name: cell.name, over_points: cell.over_points }
    }
}

impl From<SpanCell> for OpeningSpan {
    fn from(cell: SpanCell) -> Self {
        Self { weekday: cell.weekday, opens: cell.opens, closes: cell.closes }
    }
}

/// Refuses a location that never was, for views that would show it as merely empty.
///
/// # Errors
/// `NotFound`; `Sql`.
pub async fn must_exist(tables: &Tables, location: LocationId) -> Result<(), QueryError> {
    let sql = "SELECT location_id FROM {locations} WHERE location_id = ?1";
    let found = tables.query(sql, &[location.into()]).await?;
    if found.is_empty() { Err(QueryError::NotFound) } else { Ok(()) }
}
