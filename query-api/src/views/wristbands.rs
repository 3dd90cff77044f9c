//! Wristbands: one band as it is at an instant, and what was achieved with its time.

use domain::{
    ids::{LocationId, PlayerId, WristbandUid},
    location::{RewardTier, reward},
    values::Minutes,
    wristband::BandClock,
};
use jiff::Timestamp;
use read_model::{
    rewards::TierCell,
    wristbands::{BandPlay, BandRow},
};
use read_store::{Json, Record as _, Value, record};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::{COLUMNS, Names, Naming, Person, Reader};
use crate::{QueryError, Tables};

/// A band now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wristband {
    /// The code on it.
    pub uid: String,
    /// `blank`, `waiting` for the first scan, `running`, `expired` or `voided`.
    pub state: &'static str,
    /// Who wears it, or wore it last.
    pub player_id: Option<Uuid>,
    /// What the venue calls the wearer on screens; null once erased.
    pub display_name: Option<String>,
    /// First name; null once erased, and without `player:read`.
    pub first_name: Option<String>,
    /// Last name; null once erased, and without `player:read`.
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
    /// Whether it is a pass, which is good for days.
    pub is_pass: bool,
    /// The play it is in.
    pub play_id: Option<Uuid>,
    /// Where it was scanned last in this period, or entered a play.
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
    /// What the venue calls the wearer on screens; null once erased.
    pub display_name: Option<String>,
    /// What was achieved in this period.
    pub visit: Achieved,
    /// What the wearer achieved at this venue, this period included.
    pub all_time: Achieved,
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

/// What was achieved in some time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Achieved {
    /// The sum of the scores that count.
    pub points: u64,
    /// How many plays ended with a score, whether it still counts or not.
    pub plays: u32,
    /// The reward that the points earn.
    pub reward: Option<String>,
    /// The next better one.
    pub next_reward: Option<NextReward>,
}

/// A reward not yet earned.
#[derive(Clone, Debug, Serialize, ToSchema)]
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

/// The band `uid` of `location` at `now`, with its wearer as named to `reader`.
///
/// # Errors
/// `NotFound`; `Sql`.
pub async fn one(
    tables: Tables,
    location: LocationId,
    uid: &WristbandUid,
    (reader, now): (Reader, Timestamp),
) -> Result<Wristband, QueryError> {
    let naming = Naming::at(&tables, location, reader, now).await?;
    let sql = format!(
        "SELECT {}, {COLUMNS} \
         FROM {{wristbands}} b LEFT JOIN {{players}} p ON p.player_id = b.player_id \
         WHERE b.location_id = ?1 AND b.uid IN (?2, ?3, ?4, ?5)",
        BandRow::select("b")
    );
    let rows = tables.query(&sql, &stored_under(location, uid)).await?;
    let bands = rows.decode::<(BandRow, Person)>()?;
    let (band, wearer) = newest_form(uid, bands, |(band, _)| &band.uid).ok_or(QueryError::NotFound)?;
    Ok(wristband(band, naming.of(wearer), now))
}

/// The parameters of a query for the band `uid` in each form that it may be stored in: `?2` to `?5`.
fn stored_under(location: LocationId, uid: &WristbandUid) -> Vec<Value> {
    let forms = uid.stored_forms();
    let padded = forms.iter().chain(std::iter::repeat(uid)).take(STORED_FORMS);
    std::iter::once(location.into()).chain(padded.map(|uid| uid.clone().into())).collect()
}

/// As many forms as a code that was checked has at most.
const STORED_FORMS: usize = 4;

/// The one of `found` that commands find too.
fn newest_form<T>(uid: &WristbandUid, found: Vec<T>, uid_of: fn(&T) -> &WristbandUid) -> Option<T> {
    let forms = uid.stored_forms();
    found.into_iter().min_by_key(|row| forms.iter().position(|form| form == uid_of(row)))
}

pub(super) fn wristband(row: BandRow, wearer: Names, now: Timestamp) -> Wristband {
    let (loaded, clock) = (is_loaded(&row), clock_of(&row));
    Wristband {
        uid: row.uid.to_string(),
        state: state(&row.phase, clock, now),
        player_id: row.player_id.map(|player| player.0),
        display_name: wearer.display,
        first_name: wearer.first,
        last_name: wearer.last,
        minutes_loaded: row.minutes_loaded,
        // The rows of bands without a period still say what the last one was.
        starts: row.starts.filter(|_| loaded).map(|starts| starts.to_string()),
        started_at: row.started_at.filter(|_| loaded),
        ends_at: row.ends_at,
        minutes_left: minutes_left(clock, now),
        is_pass: row.is_pass && loaded,
        play_id: row.play_id.map(|play| play.0),
        room_id: row.room_id.filter(|_| loaded).map(|room| room.0),
        last_scanned_at: row.last_scanned_at.filter(|_| loaded),
    }
}

fn is_loaded(row: &BandRow) -> bool {
    &*row.phase == "loaded"
}

fn clock_of(row: &BandRow) -> Option<BandClock> {
    let waiting = row.waiting_minutes.and_then(|minutes| Minutes::new(minutes.into()).ok());
    clock(is_loaded(row), row.ends_at, waiting)
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

record! {
    /// The rewards of a band's venue.
    struct Rewards {
        reward_tiers: Option<Json<Vec<TierCell>>>,
    }
}

/// What was achieved with the current period of the band `uid` of `location`, as of `now`. What was
/// played on another band before a transfer belongs to it.
///
/// # Errors
/// `NotFound`; `Sql`.
pub async fn summary(
    tables: Tables,
    location: LocationId,
    uid: &WristbandUid,
    now: Timestamp,
) -> Result<Summary, QueryError> {
    let naming = Naming::at(&tables, location, Reader::Displays, now).await?;
    let sql = format!(
        "SELECT {}, r.reward_tiers AS reward_tiers, {COLUMNS} \
         FROM {{wristbands}} b LEFT JOIN {{wristband_rewards}} r ON r.location_id = b.location_id \
         LEFT JOIN {{players}} p ON p.player_id = b.player_id \
         WHERE b.location_id = ?1 AND b.uid IN (?2, ?3, ?4, ?5)",
        BandRow::select("b")
    );
    let rows = tables.query(&sql, &stored_under(location, uid)).await?;
    let bands = rows.decode::<((BandRow, Rewards), Person)>()?;
    let ((band, rewards), wearer) =
        newest_form(uid, bands, |((band, _), _)| &band.uid).ok_or(QueryError::NotFound)?;
    let period = band.period.as_deref().filter(|_| is_loaded(&band));
    let plays = match period {
        Some(period) => scored(&tables, location, period).await?,
        None => Vec::new(),
    };
    let tiers = rewards.reward_tiers.unwrap_or_default().0.into_iter().map(Into::into).collect::<Vec<_>>();
    let all_time = match band.player_id {
        Some(player) => Some(scores_of(&tables, location, player).await?),
        None => None,
    };
    Ok(summarised(&band, naming.of(wearer).display, (&tiers, &plays, all_time), now))
}

record! {
    /// What somebody achieved.
    struct Scores {
        plays: u64,
        points: Option<u64>,
    }
}

async fn scores_of(
    tables: &Tables,
    location: LocationId,
    player: PlayerId,
) -> Result<(u64, u32), QueryError> {
    let sql = "SELECT COUNT(*) AS plays, SUM(CASE WHEN w.voided = ?3 THEN w.points ELSE 0 END) AS points \
               FROM {wristband_plays} w \
               WHERE w.location_id = ?1 AND w.player_id = ?2 AND w.scored_at IS NOT NULL";
    let rows = tables.query(sql, &[location.into(), player.into(), false.into()]).await?;
    let scores = rows.first::<Scores>()?;
    let plays = scores.as_ref().map_or(0, |scores| scores.plays);
    let points = scores.and_then(|scores| scores.points).unwrap_or_default();
    Ok((points, u32::try_from(plays).unwrap_or(u32::MAX)))
}

/// The plays of a period that ended with a score, in the order of time.
async fn scored(tables: &Tables, location: LocationId, period: &str) -> Result<Vec<BandPlay>, QueryError> {
    let sql = format!(
        "SELECT {} FROM {{wristband_plays}} w \
         WHERE w.location_id = ?1 AND w.period = ?2 AND w.scored_at IS NOT NULL ORDER BY w.scored_at, w.play_id",
        BandPlay::select("w")
    );
    Ok(tables.query(&sql, &[location.into(), period.into()]).await?.decode()?)
}

/// The score of a play, where it has one that counts.
fn counted(play: &BandPlay) -> Option<SummaryResult> {
    Some(SummaryResult {
        play_id: play.play_id.0,
        variant_id: play.variant_id.map(|variant| variant.0),
        room_id: play.room_id.0,
        points: play.points.filter(|_| !play.voided)?,
        level: play.level?,
        at: play.scored_at?,
    })
}

fn achieved(tiers: &[RewardTier], (points, plays): (u64, u32)) -> Achieved {
    let reward = reward(tiers, points).map(|tier| tier.name.to_string());
    Achieved { points, plays, reward, next_reward: next_reward(tiers, points) }
}

fn summarised(
    band: &BandRow,
    display_name: Option<String>,
    (tiers, plays, all_time): (&[RewardTier], &[BandPlay], Option<(u64, u32)>),
    now: Timestamp,
) -> Summary {
    let count = u32::try_from(plays.len()).unwrap_or(u32::MAX);
    let results: Vec<_> = plays.iter().filter_map(counted).collect();
    let points = results.iter().map(|result| u64::from(result.points)).sum();
    let minutes_left = minutes_left(clock_of(band), now);
    let visit = achieved(tiers, (points, count));
    Summary {
        uid: band.uid.to_string(),
        player_id: band.player_id.map(|player| player.0),
        display_name,
        all_time: achieved(tiers, all_time.unwrap_or((points, count))),
        points,
        plays: count,
        minutes_loaded: band.minutes_loaded,
        minutes_spent: band.minutes_loaded.saturating_sub(minutes_left),
        minutes_left,
        reward: visit.reward.clone(),
        next_reward: visit.next_reward.clone(),
        visit,
        results,
    }
}

fn next_reward(tiers: &[RewardTier], points: u64) -> Option<NextReward> {
    let next = tiers.iter().find(|tier| points <= tier.over_points)?;
    // A tier is reached with more than its points.
    Some(NextReward { name: next.name.to_string(), points_missing: next.over_points - points + 1 })
}

#[cfg(test)]
mod tests {

    use domain::location::default_reward_tiers;

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
