//! A plug that takes connections and never answers, among others that do.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use plug_simulator::Fault;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::hall::{Followed, Hall, Room};

/// The longest pause between two polls, and some.
const POLLED_WITHIN: Duration = Duration::from_secs(45);
/// An attempt that comes later does not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Plays in all rooms but one, while the plug of that one is wanted on and mute.
///
/// # Errors
/// When a plug does not follow.
pub async fn others(hall: &Hall, plays: usize) -> Result<Followed> {
    let (mute, others) = hall.rooms.split_first().context("no rooms")?;
    let mut desk = hall.desk();
    mute.device.set_fault(Fault::Mute).await?;
    let (play, _) = mute.start(&mut desk).await?;
    let followed = hall.follow(others, plays).await?;
    mute.finish(&mut desk, &play).await?;
    mute.device.clear_fault().await?;
    timeout(PATIENCE, obeys(mute)).await.context("the plug that was mute does not go off")?;
    Ok(followed)
}

/// Resolves when the worker got through to it again.
async fn obeys(room: &Room) {
    let since = Instant::now();
    let got_through = |heard: &plug_simulator::Heard| {
        heard.at > since && heard.request.as_ref().is_some_and(|json| json.contains("get_sysinfo"))
    };
    while room.device.is_on() || !room.device.heard().iter().any(got_through) {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Every plug goes mute while it is on, waits for a poll, and is asked off while that hangs: how long it
/// takes, from sending the ask, until something new reaches the plug.
///
/// # Errors
/// When a plug does not come on, is not polled, or the attempt does not come.
pub async fn off_behind_a_poll(hall: &Hall) -> Result<Vec<Duration>> {
    try_join_all(hall.rooms.iter().map(|room| asked_off(hall, room))).await
}

async fn asked_off(hall: &Hall, room: &Room) -> Result<Duration> {
    let mut desk = hall.desk();
    let ask = format!("plugs/{}/ask", room.plug);
    let on = json!({"state": "on", "reason": "load", "for_seconds": 600});
    desk.post(&ask, &on).await?;
    timeout(PATIENCE, room.device.until(true)).await.context("it does not come on")?;
    // Until everything that follows an ON is said.
    sleep(Duration::from_secs(1)).await;
    room.device.set_fault(Fault::Mute).await?;
    heard_after(room, Instant::now(), POLLED_WITHIN).await.context("it is not polled")?;
    let asked = Instant::now();
    desk.post(&ask, &json!({"state": "off", "reason": "load"})).await?;
    let attempted = heard_after(room, asked, PATIENCE).await.context("no attempt")?;
    room.device.clear_fault().await?;
    timeout(PATIENCE, room.device.until(false)).await.context("it does not go off")?;
    Ok(attempted.duration_since(asked))
}

/// When the first connection or request after `since` reached the plug.
async fn heard_after(room: &Room, since: Instant, patience: Duration) -> Result<Instant> {
    let heard = async {
        loop {
            let heard = room.device.heard();
            if let Some(first) = heard.iter().find(|heard| heard.at > since) {
                return first.at;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    Ok(timeout(patience, heard).await?)
}
