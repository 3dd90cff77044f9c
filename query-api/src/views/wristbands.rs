//! Wristbands: one band as it is at an instant, and what was achieved with its time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        ids::{LocationId, WristbandUid},
        location::{RewardTier, reward},
        values::{Minutes, Name},
        wristband::BandClock,
    },
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::page::items;

/// A band now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wristband {
    /// The code on it.
    pub uid: String,
    /// `blank`, `waiting` for the first scan, `running`, `expired` or `voided`.
    pub state: &'static str,
    /// Who wears it, or wore it last.
    pub player_id: Option<Uuid>,
    /// First name; null once erased.
    pub first_name: Option<String>,
    /// Last name; null once erased.
    pub last_name: Option<String>,
    /// Minutes loaded in this period so far.
    pub minutes_loaded: u32,
    /// When the period's clock starts: `now` or at the `first_scan`.
    pub starts: Option<String>,
    /// When the clock started.
    pub started_at: Option<Timestamp>,
    /// When the time is over.
    pub ends_at: Option<Timestamp>,
    /// Minutes left, a part of one counting as one.
    pub minutes_left: u32,
    /// The play it is in.
    pub play_id: Option<Uuid>,
    /// Where it was scanned last in this period.
    pub room_id: Option<Uuid>,
    /// When it was scanned last in this period.
    pub last_scanned_at: Option<Timestamp>,
}

/// What was achieved with the time of a band's current period.
#[derive(Debug, Serialize, ToSchema)]
pub struct Summary {
    /// The code on it.
    pub uid: String,
    /// Who wears it, or wore it last.
    pub player_id: Option<Uuid>,
    /// The sum of the scores that count.
    pub points: u64,
    /// How many plays ended with a score, whether it still counts or not.
    pub plays: u32,
    /// Minutes loaded so far.
    pub minutes_loaded: u32,
    /// Minutes that are over.
    pub minutes_spent: u32,
    /// Minutes left, a part of one counting as one.
    pub minutes_left: u32,
    /// The reward that the points earn.
    pub reward: Option<String>,
    /// The next better one.
    pub next_reward: Option<NextReward>,
    /// The scores that count, in the order of time.
    pub results: Vec<SummaryResult>,
}

/// A reward not yet earned.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextReward {
    /// What it is called.
    pub name: String,
    /// How many points more it takes.
    pub points_missing: u64,
}

/// A score that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryResult {
    /// In which play.
    pub play_id: Uuid,
    /// Of what variant.
    pub variant_id: Option<Uuid>,
    /// Where.
    pub room_id: Uuid,
    /// Points.
    pub points: u32,
    /// Level reached.
    pub level: u32,
    /// When the play ended.
    pub at: Timestamp,
}

/// The band `uid` of `location` at `now`.
///
/// # Errors
/// 404; 503, 500.
pub async fn one(
    db: &ReadStore,
    location: LocationId,
    uid: &WristbandUid,
    now: Timestamp,
) -> Result<Wristband, Problem> {
    let sql = "SELECT b.phase, b.player_id, p.first_name, p.last_name, b.minutes_loaded, b.starts, b.started_at, \
               b.ends_at, b.waiting_minutes, b.play_id, b.room_id, b.last_scanned_at \
               FROM {wristbands} b LEFT JOIN {players} p ON p.player_id = b.player_id \
               WHERE b.location_id = ?1 AND b.uid = ?2";
    let rows = db.query(sql, &[location.into(), uid.clone().into()]).await?;
    Ok(wristband(uid, rows.first().ok_or_else(Problem::not_found)?, now)?)
}

fn wristband(uid: &WristbandUid, row: &Row, now: Timestamp) -> Result<Wristband, SqlError> {
    let loaded = row.text(0)? == "loaded";
    let clock = clock(loaded, row.get(7)?, row.get(8)?);
    Ok(Wristband {
        uid: uid.to_string(),
        state: state(row.text(0)?, clock, now),
        player_id: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        minutes_loaded: row.get(4)?,
        // The rows of bands without a period still say what the last one was.
        starts: row.get::<Option<String>>(5)?.filter(|_| loaded),
        started_at: row.get::<Option<Timestamp>>(6)?.filter(|_| loaded),
        ends_at: row.get(7)?,
        minutes_left: minutes_left(clock, now),
        play_id: row.get(9)?,
        room_id: row.get::<Option<Uuid>>(10)?.filter(|_| loaded),
        last_scanned_at: row.get::<Option<Timestamp>>(11)?.filter(|_| loaded),
    })
}

fn clock(loaded: bool, ends_at: Option<Timestamp>, waiting: Option<Minutes>) -> Option<BandClock> {
    let clock = match ends_at {
        Some(ends_at) => Some(BandClock::Running { ends_at }),
        None => waiting.map(BandClock::Waiting),
    };
    clock.filter(|_| loaded)
}

fn state(phase: &str, clock: Option<BandClock>, now: Timestamp) -> &'static str {
    match clock {
        None if phase == "voided" => "voided",
        None => "blank",
        Some(BandClock::Waiting(_)) => "waiting",
        Some(clock) if clock.seconds_left(now) == 0 => "expired",
        Some(BandClock::Running { .. }) => "running",
    }
}

fn minutes_left(clock: Option<BandClock>, now: Timestamp) -> u32 {
    let seconds = clock.map_or(0, |clock| clock.seconds_left(now));
    u32::try_from(u64::try_from(seconds).unwrap_or(0).div_ceil(60)).unwrap_or(u32::MAX)
}

/// What was achieved with the current period of the band `uid` of `location`, as of `now`. What was
/// played on another band before a transfer belongs to it.
///
/// # Errors
/// 404; 503, 500.
pub async fn summary(
    db: &ReadStore,
    location: LocationId,
    uid: &WristbandUid,
    now: Timestamp,
) -> Result<Summary, Problem> {
    let sql = "SELECT b.phase, b.player_id, b.minutes_loaded, b.ends_at, b.waiting_minutes, b.period, r.reward_tiers \
               FROM {wristbands} b LEFT JOIN {wristband_rewards} r ON r.location_id = b.location_id \
               WHERE b.location_id = ?1 AND b.uid = ?2";
    let rows = db.query(sql, &[location.into(), uid.clone().into()]).await?;
    let band = rows.first().ok_or_else(Problem::not_found)?;
    let loaded = band.text(0)? == "loaded";
    let period = band.get::<Option<String>>(5)?.filter(|_| loaded);
    let scores = match period {
        Some(period) => scores(db, location, period).await?,
        None => Vec::new(),
    };
    Ok(summarised(uid, band, scores, now)?)
}

/// A play's score, and whether it counts.
struct Score {
    result: SummaryResult,
    voided: bool,
}

async fn scores(db: &ReadStore, location: LocationId, period: String) -> Result<Vec<Score>, SqlError> {
    let sql = "SELECT play_id, variant_id, room_id, points, level, scored_at, voided FROM {wristband_plays} \
               WHERE location_id = ?1 AND period = ?2 AND scored_at IS NOT NULL ORDER BY scored_at, play_id";
    items(&db.query(sql, &[location.into(), period.into()]).await?, score)
}

fn score(row: &Row) -> Result<Score, SqlError> {
    let result = SummaryResult {
        play_id: row.get(0)?,
        variant_id: row.get(1)?,
        room_id: row.get(2)?,
        points: row.get(3)?,
        level: row.get(4)?,
        at: row.get(5)?,
    };
    Ok(Score { result, voided: row.get(6)? })
}

fn summarised(
    uid: &WristbandUid,
    band: &Row,
    scores: Vec<Score>,
    now: Timestamp,
) -> Result<Summary, SqlError> {
    let plays = u32::try_from(scores.len()).unwrap_or(u32::MAX);
    let counted = scores.into_iter().filter(|score| !score.voided).map(|score| score.result);
    let results: Vec<_> = counted.collect();
    let points = results.iter().map(|result| u64::from(result.points)).sum();
    let tiers = band.get::<Option<Json<Vec<Tier>>>>(6)?.unwrap_or_default().0;
    let tiers: Vec<_> = tiers.into_iter().map(Tier::into_domain).collect();
    let minutes_loaded = band.get(2)?;
    let minutes_left = minutes_left(clock(band.text(0)? == "loaded", band.get(3)?, band.get(4)?), now);
    Ok(Summary {
        uid: uid.to_string(),
        player_id: band.get(1)?,
        points,
        plays,
        minutes_loaded,
        minutes_spent: u32::saturating_sub(minutes_loaded, minutes_left),
        minutes_left,
        reward: reward(&tiers, points).map(|tier| tier.name.to_string()),
        next_reward: next_reward(&tiers, points),
        results,
    })
}

/// A reward as the rows hold it.
#[derive(Serialize, Deserialize)]
struct Tier {
    name: String,
    over_points: u64,
}

impl Tier {
    fn into_domain(self) -> RewardTier {
        RewardTier { name: Name::stored(&self.name), over_points: self.over_points }
    }
}

fn next_reward(tiers: &[RewardTier], points: u64) -> Option<NextReward> {
    let next = tiers.iter().find(|tier| points <= tier.over_points)?;
    // A tier is reached with more than its points.
    Some(NextReward { name: next.name.to_string(), points_missing: next.over_points - points + 1 })
}

#[cfg(test)]
mod tests {
    use shared::domain::location::default_reward_tiers;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_777_600_000 + second).unwrap()
    }

    #[test]
    fn a_state_follows_from_the_clock_and_the_instant() {
        let waiting = clock(true, None, Minutes::new(60).ok());
        let running = clock(true, Some(at(90)), None);
        assert_eq!((state("loaded", waiting, at(0)), minutes_left(waiting, at(0))), ("waiting", 60));
        assert_eq!((state("loaded", running, at(0)), minutes_left(running, at(0))), ("running", 2));
        assert_eq!((state("loaded", running, at(89)), minutes_left(running, at(89))), ("running", 1));
        assert_eq!((state("loaded", running, at(90)), minutes_left(running, at(90))), ("expired", 0));
        let none = clock(false, Some(at(90)), None);
        assert_eq!((state("blank", none, at(0)), minutes_left(none, at(0))), ("blank", 0));
        assert_eq!(state("voided", none, at(0)), "voided");
    }

    #[test]
    fn the_next_reward_takes_one_point_more_than_its_bound() {
        let tiers = default_reward_tiers();
        let next = |points| next_reward(&tiers, points).map(|next| (next.name, next.points_missing));
        assert_eq!(next(0), Some(("Bronze".to_owned(), 501)));
        assert_eq!(next(500), Some(("Bronze".to_owned(), 1)));
        assert_eq!(next(501), Some(("Silver".to_owned(), 500)));
        assert_eq!(next(15_001), None);
    }
}
