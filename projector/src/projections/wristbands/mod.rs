//! Wristbands as the front desk looks them up, and what was achieved with each period of bought time.

mod band;
mod scores;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use domain::{
    DomainEvent,
    ids::{LocationId, WristbandUid},
    location::{LocationEvent, RewardTier, default_reward_tiers},
    wristband::WristbandEvent,
};
use read_model::wristbands::{BandPeriod, BandPlay, BandRewards, BandRow, WRISTBANDS};
use read_store::{Json, ReadModel, Record as _, Tx};

use self::band::Joined;
use super::streams::{band, play_id};
use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Wristbands;

#[async_trait]
impl Projection for Wristbands {
    fn model(&self) -> &'static ReadModel {
        &WRISTBANDS
    }

    fn version(&self) -> u32 {
        2
    }

    fn handles(&self, event_type: &str) -> bool {
        ["wristband.", "play.", "location."].iter().any(|wanted| event_type.starts_with(wanted))
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let joins = bands(tx, events, context).await?;
        plays(tx, events, context, &joins).await?;
        rewards(tx, events, context).await
    }
}

/// Folds the facts of bands; which plays they entered.
async fn bands(tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<Vec<Joined>, ApplyError> {
    let mut wanted = Vec::new();
    let mut keys = Vec::new();
    for event in events {
        if let (Some(key), DomainEvent::Wristband(fact)) = (band(event)?, event.fact()?) {
            let from = source(&key, fact);
            keys.extend(from.clone());
            keys.push(key.clone());
            wanted.push((event, key, fact, from));
        }
    }
    let mut rows = context.rows::<BandRow>();
    rows.load(tx, keys).await?;
    let (mut joins, mut changed) = (Vec::new(), Vec::new());
    for (event, key, fact, from) in wanted {
        let known = rows.get(&key)?;
        if known.is_some_and(|row| row.stream_version >= event.version) {
            continue;
        }
        let from = from.map(|from| rows.get(&from)).transpose()?.flatten();
        let row = known.cloned().unwrap_or_else(|| band::unknown(key.0, key.1));
        let after = band::fold(row.clone(), event.version, fact, from);
        joins.extend(band::joined(&after, fact));
        changed.extend(band::periods(&row, &after, fact));
        rows.put(after);
    }
    rows.flush(tx, context).await?;
    periods(tx, changed, context).await?;
    Ok(joins)
}

async fn periods(tx: &mut Tx, changed: Vec<BandPeriod>, context: &mut Context) -> Result<(), ApplyError> {
    let mut rows = context.rows::<BandPeriod>();
    rows.load(tx, changed.iter().map(BandPeriod::key)).await?;
    for period in changed {
        rows.put(period);
    }
    Ok(rows.flush(tx, context).await?)
}

fn source(
    (location, _): &(LocationId, WristbandUid),
    fact: &WristbandEvent,
) -> Option<(LocationId, WristbandUid)> {
    match fact {
        WristbandEvent::TransferredIn { from, .. } => Some((*location, from.clone())),
        _ => None,
    }
}

async fn plays(
    tx: &mut Tx,
    events: &[Event],
    context: &mut Context,
    joins: &[Joined],
) -> Result<(), ApplyError> {
    let mut wanted = Vec::new();
    let mut keys: Vec<_> = joins.iter().map(|joined| (joined.play, joined.player)).collect();
    for event in events {
        if let (Some(id), DomainEvent::Play(fact)) = (play_id(event)?, event.fact()?) {
            keys.extend(scores::keys(id, fact));
            wanted.push((event, id, fact));
        }
    }
    let mut rows = context.rows::<BandPlay>();
    rows.load(tx, keys).await?;
    for joined in joins {
        scores::join(&mut rows, joined)?;
    }
    for (event, id, fact) in wanted {
        scores::fold(&mut rows, event, id, fact)?;
    }
    Ok(rows.flush(tx, context).await?)
}

async fn rewards(tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
    let mut rows = context.rows::<BandRewards>();
    for event in events {
        let (Some(location), DomainEvent::Location(fact)) = (event.location, event.fact()?) else {
            continue;
        };
        let tiers = match fact {
            LocationEvent::Opened { .. } => default_reward_tiers(),
            LocationEvent::SettingsChanged { reward_tiers, .. } => reward_tiers.clone(),
            _ => continue,
        };
        rows.load(tx, [(location,)]).await?;
        reward(&mut rows, event, location, &tiers)?;
    }
    Ok(rows.flush(tx, context).await?)
}

fn reward(
    rows: &mut Rows<BandRewards>,
    event: &Event,
    location_id: LocationId,
    tiers: &[RewardTier],
) -> Result<(), ApplyError> {
    let known = rows.get(&(location_id,))?;
    if known.is_none_or(|row| row.stream_version < event.version) {
        let reward_tiers = Json(tiers.iter().map(Into::into).collect());
        rows.put(BandRewards { location_id, reward_tiers, stream_version: event.version });
    }
    Ok(())
}
