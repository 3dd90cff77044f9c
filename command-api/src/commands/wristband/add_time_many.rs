//! Adds time to many wristbands: to a group, or to everybody in the building. Each succeeds or is refused alone.

use std::collections::BTreeSet;

use domain::{
    Refusal,
    ids::{LocationId, WristbandUid},
    location::{Location, LocationState},
    values::{Minutes, Reason},
    wristband::{WristbandError, cross_stream},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::loaded::LoadedBand;
use crate::{
    commands::item_status,
    execute::{Answer, Changed, Command, Decided, ExecuteError, UnitOfWork},
};

/// What became of many wristbands that time was added to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeAddedToMany {
    /// How many got the time.
    pub accepted: u32,
    /// An answer for each wristband, in their order.
    pub items: Vec<TimeAddedItem>,
    /// The location's stream.
    pub stream: String,
    /// Its version.
    pub version: u64,
}

/// What became of one wristband.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeAddedItem {
    /// The broken rule, when refused.
    pub code: Option<String>,
    /// What to change, when refused.
    pub detail: Option<String>,
    /// When the time is over; none while the clock waits for the first scan, and when refused.
    pub ends_at: Option<String>,
    /// Rounded up; none when refused.
    pub minutes_left: Option<u32>,
    /// 200, or the status this wristband alone would have been refused with.
    pub status: u16,
    /// The code on it.
    pub uid: String,
}

/// Adds time; a wristband whose time is over is renewed.
#[derive(Clone, Debug)]
pub struct AddTimeToMany {
    /// Where.
    pub location: LocationId,
    /// To which.
    pub uids: Vec<WristbandUid>,
    /// How much.
    pub minutes: Minutes,
    /// Why, if that is said.
    pub reason: Option<Reason>,
}

impl Command for AddTimeToMany {
    type Answer = TimeAddedToMany;
    const NAME: &'static str = "add_time_to_many";

    fn location(&self) -> Option<LocationId> {
        Some(self.location)
    }

    async fn decide(self, work: UnitOfWork) -> Decided<TimeAddedToMany> {
        let Self { location: location_id, uids, minutes, reason } = self;
        let location = work.load::<Location>(location_id.stream()).await?;
        location.existing().map_err(ExecuteError::refused)?;
        let (mut items, mut named) = (Vec::with_capacity(uids.len()), BTreeSet::new());
        for uid in uids {
            let uid = work.stored_uid(location_id, uid).await?;
            items.push(if named.insert(uid.clone()) {
                let extra = (minutes, reason.clone());
                add(&work, (location_id, &location), uid, extra).await?
            } else {
                refused(&uid, WristbandError::NamedTwice.into())
            });
        }
        let accepted = items.iter().filter(|item| item.status == 200).count();
        let Changed { stream, version } = work.standing(&location_id.stream());
        let accepted = u32::try_from(accepted).unwrap_or(u32::MAX);
        Ok(Answer::ok(location_id.stream(), TimeAddedToMany { accepted, items, stream, version }))
    }
}

async fn add(
    work: &UnitOfWork,
    location: (LocationId, &LocationState),
    uid: WristbandUid,
    extra: (Minutes, Option<Reason>),
) -> Result<TimeAddedItem, ExecuteError> {
    let band = LoadedBand::load(work, location.0, uid.clone()).await?;
    Ok(match cross_stream::top_up(location, band.band(), band.wearer(), extra, work.now()) {
        Ok(changes) => {
            let facts = band.after(&changes, work.now());
            work.record(changes);
            TimeAddedItem {
                code: None,
                detail: None,
                ends_at: facts.ends_at.as_ref().map(Timestamp::to_string),
                minutes_left: Some(facts.minutes_left),
                status: 200,
                uid: uid.to_string(),
            }
        }
        Err(refusal) => refused(&uid, refusal),
    })
}

fn refused(uid: &WristbandUid, refusal: Refusal) -> TimeAddedItem {
    TimeAddedItem {
        code: Some(refusal.code.to_owned()),
        detail: Some(refusal.message),
        ends_at: None,
        minutes_left: None,
        status: item_status(refusal.kind),
        uid: uid.to_string(),
    }
}
