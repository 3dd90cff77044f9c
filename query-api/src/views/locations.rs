//! The venues and their settings.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    domain::ids::LocationId,
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::page::{Page, Paging, items};

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
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RewardTier {
    /// What it is called.
    pub name: String,
    /// Total points must be more than this.
    pub over_points: u64,
}

/// A span of opening hours, in the venue's zone.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct OpeningSpan {
    /// 1 Monday to 7 Sunday.
    pub weekday: u8,
    /// `HH:MM:SS`.
    pub opens: String,
    /// `HH:MM:SS`; before `opens` when it closes the next morning.
    pub closes: String,
}

const COLUMNS: &str = "location_id, code, name, time_zone, disabled, reward_tiers, opening_hours, opened_at";

/// Venues in the order of their ids; only that one, for a caller bound to it.
///
/// # Errors
/// 503, 500.
pub async fn list(
    db: &ReadStore,
    bound_to: Option<LocationId>,
    paging: &Paging<Uuid>,
) -> Result<Page<Location>, Problem> {
    let after = paging.after().map(Uuid::to_string).unwrap_or_default();
    let rows = if let Some(location) = bound_to {
        let sql = format!("SELECT {COLUMNS} FROM {{locations}} WHERE location_id = ?1 AND location_id > ?2");
        db.query(&sql, &[location.into(), after.into()]).await?
    } else {
        let sql = format!(
            "SELECT {COLUMNS} FROM {{locations}} WHERE location_id > ?1 ORDER BY location_id {{limit ?2}}"
        );
        db.query(&sql, &[after.into(), paging.fetch().into()]).await?
    };
    Ok(paging.page(items(&rows, location)?, |last| last.id))
}

fn location(row: &Row) -> Result<Location, SqlError> {
    Ok(Location {
        id: row.get(0)?,
        code: row.get(1)?,
        name: row.get(2)?,
        time_zone: row.get(3)?,
        disabled: row.get(4)?,
        reward_tiers: row.get::<Json<_>>(5)?.0,
        opening_hours: row.get::<Json<_>>(6)?.0,
        opened_at: row.get(7)?,
    })
}

/// Refuses a location that never was, for views that would show it as merely empty.
///
/// # Errors
/// 404; 503, 500.
pub async fn must_exist(db: &ReadStore, location: LocationId) -> Result<(), Problem> {
    let sql = "SELECT location_id FROM {locations} WHERE location_id = ?1";
    let found = db.query(sql, &[location.into()]).await?;
    if found.is_empty() { Err(Problem::not_found()) } else { Ok(()) }
}
