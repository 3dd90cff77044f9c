//! Who is best: each player's best score a variant, of every day and ever, and the sum of the bests.
//!
//! Scores, days, bests and sums are folded one after the other, a batch at a time. Each is a function of
//! the one before, whatever the order of events, so that a retried play gives the same rows. Names are
//! not kept here: a view joins them from the players.

mod best;
mod days;
mod moved;
mod player_days;
mod plays;
#[cfg(test)]
mod tests;
mod totals;

use async_trait::async_trait;
use domain::DomainEvent;
use read_model::leaderboards::{BoardPlay, BoardZone, LEADERBOARDS};
use read_store::{ReadModel, Tx};

use self::plays::ScoreChange;
use super::{local_days::LocalDays, streams::play_ids};
use crate::{ApplyError, Context, Event, Projection};

/// See the module.
pub struct Leaderboards;

#[async_trait]
impl Projection for Leaderboards {
    fn model(&self) -> &'static ReadModel {
        &LEADERBOARDS
    }

    fn version(&self) -> u32 {
        1
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("play.") || event_type.starts_with("location.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let changes = scores(tx, events, context).await?;
        let days = days::apply(tx, context, &changes).await?;
        player_days::apply(tx, context, &days).await?;
        let bests = best::apply(tx, context, &days).await?;
        Ok(totals::apply(tx, context, &bests).await?)
    }
}

/// The scores that `events` change, in order.
async fn scores(
    tx: &mut Tx,
    events: &[Event],
    context: &mut Context,
) -> Result<Vec<ScoreChange>, ApplyError> {
    let ids = play_ids(events)?;
    let mut days = LocalDays::<BoardZone>::load(tx, context, events).await?;
    let mut plays = context.rows::<BoardPlay>();
    plays.load(tx, ids.iter().flatten().map(|id| (*id,))).await?;
    let mut changes = Vec::new();
    for (event, id) in events.iter().zip(ids) {
        match (event.fact()?, id) {
            (DomainEvent::Location(fact), _) => days.fold(event, fact)?,
            (DomainEvent::Play(fact), Some(id)) => {
                plays::fold(&mut plays, &mut days, event, (id, fact), &mut changes)?;
            }
            _ => {}
        }
    }
    days.flush(tx, context).await?;
    plays.flush(tx, context).await?;
    Ok(changes)
}
