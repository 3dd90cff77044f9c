//! The visits of a person: the periods of time they had, on whatever wristbands.

use domain::ids::{LocationId, PlayerId};
use jiff::Timestamp;
use read_model::wristbands::BandPeriod;
use read_store::{Record as _, record};
use serde::Serialize;
use utoipa::ToSchema;

use super::players;
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

/// A period of time that somebody had.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visit {
    /// The code on the wristband that has the period, or had it last.
    pub uid: String,
    /// Whether the person has it now, with time left.
    pub current: bool,
    /// When it was bought.
    pub loaded_at: Option<Timestamp>,
    /// When the clock started; null while it waits for the first scan.
    pub started_at: Option<Timestamp>,
    /// When the time is over, or was.
    pub ends_at: Option<Timestamp>,
    /// When the person gave it up before its end: the wristband was voided, or went to somebody else.
    pub given_up_at: Option<Timestamp>,
    /// Minutes loaded; 0 for a pass.
    pub minutes_loaded: u32,
    /// Whether it is a pass, which is good for days.
    pub is_pass: bool,
    /// The sum of the scores that count.
    pub points: u64,
    /// How many plays ended with a score, whether it still counts or not.
    pub plays: u64,
}

record! {
    /// What was achieved in a period.
    struct Scores {
        plays: Option<u64>,
        points: Option<u64>,
    }
}

/// A visit's place in the list: when it was bought in microseconds, and the period.
pub type VisitPlace = (i64, String);

/// Visits of `player` at `location`, the last first.
///
/// # Errors
/// `NotFound` for somebody who is not known there; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    player: PlayerId,
    paging: &Paging<VisitPlace>,
    now: Timestamp,
) -> Result<Page<Visit>, QueryError> {
    let (before, period) = paging.after().cloned().unwrap_or((i64::MAX, String::new()));
    let sql = format!(
        "SELECT {}, s.plays AS plays, s.points AS points FROM {{wristband_periods}} b LEFT JOIN \
         (SELECT w.period AS period, COUNT(*) AS plays, SUM(CASE WHEN w.voided = ?3 THEN w.points ELSE 0 END) AS points \
          FROM {{wristband_plays}} w WHERE w.location_id = ?1 AND w.player_id = ?2 AND w.scored_at IS NOT NULL \
          GROUP BY w.period) s ON s.period = b.period \
         WHERE b.location_id = ?1 AND b.player_id = ?2 \
         AND (b.loaded_at < ?4 OR (b.loaded_at = ?4 AND b.period < ?5)) \
         ORDER BY b.loaded_at DESC, b.period DESC {{limit ?6}}",
        BandPeriod::select("b")
    );
    let params =
        [location.into(), player.into(), false.into(), before.into(), period.into(), paging.fetch().into()];
    let rows = tables.query(&sql, &params).await?;
    if rows.is_empty() {
        players::must_exist(&tables, location, player).await?;
    }
    let rows = rows.decode::<(BandPeriod, Scores)>()?;
    let place = |(visit, _): &(BandPeriod, Scores)| {
        (visit.loaded_at.map_or(0, Timestamp::as_microsecond), visit.period.to_string())
    };
    Ok(paging.page_of(rows, place, |row| visit(row, now)))
}

fn visit((row, scores): (BandPeriod, Scores), now: Timestamp) -> Visit {
    let over = row.ends_at.is_some_and(|ends_at| ends_at <= now);
    Visit {
        uid: row.uid.to_string(),
        current: row.given_up_at.is_none() && !over,
        loaded_at: row.loaded_at,
        started_at: row.started_at,
        ends_at: row.ends_at,
        given_up_at: row.given_up_at,
        minutes_loaded: row.minutes_loaded,
        is_pass: row.is_pass,
        points: scores.points.unwrap_or_default(),
        plays: scores.plays.unwrap_or_default(),
    }
}
