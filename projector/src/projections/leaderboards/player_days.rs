//! From changed days of single variants to each player's day as a whole.

use domain::ids::{LocationId, PlayerId};
use jiff::civil::Date;
use read_model::leaderboards::{PlayerDay, Score};
use read_store::{SqlError, Tx};

use super::moved::{DayKey, Moved};
use crate::Context;

/// Writes the sums that `days` change.
pub(super) async fn apply(
    tx: &mut Tx,
    context: &mut Context,
    days: &[Moved<DayKey>],
) -> Result<(), SqlError> {
    let mut rows = context.rows::<PlayerDay>();
    rows.load(tx, days.iter().map(|day| key(day.key))).await?;
    for day in days {
        let key = key(day.key);
        match changed(rows.get(&key)?, key, day) {
            Some(row) => rows.put(row),
            None => rows.remove(&key),
        }
    }
    rows.flush(tx, context).await
}

fn key((location, _, day, player): DayKey) -> (LocationId, Date, PlayerId) {
    (location, day, player)
}

/// The sum after `day`; none when nothing is left of it.
fn changed(
    known: Option<&PlayerDay>,
    (location_id, local_day, player_id): (LocationId, Date, PlayerId),
    day: &Moved<DayKey>,
) -> Option<PlayerDay> {
    let points = |score: Option<Score>| score.map_or(0, |score| u64::from(score.1));
    let (sum, variants) = known.map_or((0, 0), |row| (row.points, row.variants));
    let points = (sum + points(day.after)).saturating_sub(points(day.before));
    let variants = variants + u32::from(day.after.is_some());
    let variants = variants.saturating_sub(u32::from(day.before.is_some()));
    (variants > 0).then_some(PlayerDay { location_id, local_day, player_id, points, variants })
}
