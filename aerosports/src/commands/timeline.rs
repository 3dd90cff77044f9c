//! `aerosports timeline`: starts a new timeline after the log was restored to an earlier state. Tokens of the lost part
//! are refused from then on, and the bus is filled anew. Who did it, when and why is kept in the store.

use ::bus::nats::{NatsConfig, compare};
use anyhow::{Context as _, Result, bail};
use domain::log::Head;
use runtime::{clock::SharedClock, config::Settings};
use serde_json::json;
use store::TimelineStart;

use crate::{cli::Timeline, composition::event_store::EventStore, settings::database::Database};

use super::{bus, caller::caller, confirm::confirm};

/// Carries out `command`.
///
/// # Errors
/// When the store or the bus cannot be reached, when no new timeline is needed, or when nobody confirms.
pub async fn run(command: Timeline, settings: &Settings, clock: SharedClock) -> Result<()> {
    let store = Database::of(settings)?.open(clock.clone()).await?;
    let outcome = match command {
        Timeline::Start { yes, reason, by } => {
            let order = Order { yes, reason, by: by.unwrap_or_else(caller) };
            start(&store, order, bus::configuration(settings)?, &clock).await
        }
        Timeline::List { json } => list(&store, json).await,
    };
    store.close().await;
    outcome
}

/// What the operator said.
struct Order {
    yes: bool,
    reason: String,
    by: String,
}

async fn start(
    store: &EventStore,
    order: Order,
    nats: Option<NatsConfig>,
    clock: &SharedClock,
) -> Result<()> {
    let head = store.head().await?;
    let (timeline, why) = wanted(store, head, nats).await?;
    println!("{why}");
    println!(
        "Timeline {timeline} begins after position {}. Tokens of timeline {} are refused from then on, and the bus is \
         filled from the store. Events that only the bus or clients have seen stay lost.",
        head.position, head.timeline
    );
    if !order.yes {
        let question = format!("Start timeline {timeline}? Type its number to go on:");
        confirm(&question, &timeline.to_string())?;
    }
    let Order { by, reason, .. } = order;
    let start = TimelineStart { timeline, after: head.position, at: clock.now(), by, reason };
    if !store.start_timeline(head, &start).await? {
        bail!("the log has moved meanwhile and nothing was changed; look at it and run the command again");
    }
    tracing::warn!(timeline, after = %start.after, by = start.by, reason = start.reason, "a new timeline was started");
    println!("timeline {timeline} was started");
    Ok(())
}

/// The timeline to start, and why.
///
/// # Errors
/// When none is needed, or none would help.
async fn wanted(store: &EventStore, head: Head, nats: Option<NatsConfig>) -> Result<(u32, String)> {
    let token = head.token();
    let Some(nats) = nats else {
        return Ok((
            head.timeline + 1,
            format!("The log ends at {token}. Without --nats no bus is compared."),
        ));
    };
    match compare(&nats, store.shared()).await.context("comparing the bus with the store")? {
        Ok(Some(last)) => bail!(
            "the store ends at {token} and the bus at position {last}: the store is not behind, and no new timeline is \
             needed"
        ),
        Ok(None) => bail!(
            "the bus holds no events of timeline {}: it is filled from the store by itself, and no new timeline is \
             needed; leave --nats out to refuse the tokens of a lost state all the same",
            head.timeline
        ),
        Err(alarm) => match alarm.next_timeline(head.timeline) {
            Some(timeline) => Ok((timeline, format!("The log ends at {token}: {alarm}."))),
            None => bail!("{alarm}; a new timeline does not help"),
        },
    }
}

async fn list(store: &EventStore, json: bool) -> Result<()> {
    for start in store.timelines().await? {
        let TimelineStart { timeline, after, at, by, reason } = start;
        if json {
            let row = json!({"timeline": timeline, "after": after.0, "at": at, "by": by, "reason": reason});
            println!("{row}");
        } else {
            println!("{timeline:>4}  after position {after}  {at}  {by}  {reason}");
        }
    }
    Ok(())
}
