//! What the measurements of both backends share: the commands, the callers and the arithmetic. Each backend's
//! `bench` module measures its own append path beside the raw speed of its database.
//!
//! Behind the feature `bench`: `aerosports load` uses it, and the examples `append_bench` and
//! `mssql_append_bench` print it alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    ids::{EventId, LocationId, StreamName},
    log::{CommandId, Version},
};
use events::NewEvent;
use runtime::clock::{Clock, SharedClock};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{Append, EventLog, NewAnswer, StoreError, StreamAppend, Verdict};

/// The store and what it is compared with take turns, so that both meet the same load of the machine.
pub(crate) const TURNS: usize = 5;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Commands in all, each with one event on a new stream.
    pub commands: usize,
    /// Callers that each wait for one command's verdict before they send the next.
    pub callers: usize,
}

/// One measurement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    /// Commands, events or reads done.
    pub count: usize,
    /// In how many transactions or queries, when that was counted.
    pub batches: usize,
    /// In what time.
    pub elapsed: Duration,
}

impl Measured {
    pub(crate) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.batches += other.batches;
        self.elapsed += other.elapsed;
    }

    /// How many a second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    /// How many at a time.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        self.count.div_ceil(self.batches.max(1))
    }
}

/// Appends `load.commands` to `store` by `load.callers` at once. The batches are not counted here.
pub(crate) async fn measure_append<L: EventLog + 'static>(
    store: &Arc<L>,
    clock: &SharedClock,
    load: Load,
) -> Result<Measured, StoreError> {
    let shares = deal((0..load.commands).map(|_| command(&**clock)), load.callers.max(1));
    let start = Instant::now();
    let callers = shares.into_iter().map(|share| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            for append in share {
                expect_commit(store.append(append).await?)?;
            }
            Ok(())
        })
    });
    join(callers.collect()).await?;
    Ok(Measured { count: load.commands, batches: 0, elapsed: start.elapsed() })
}

/// Deals `commands` out in turn, so that callers send them in about the order of their ids.
pub(crate) fn deal(commands: impl Iterator<Item = Append>, callers: usize) -> Vec<Vec<Append>> {
    let mut shares: Vec<Vec<Append>> = (0..callers).map(|_| Vec::new()).collect();
    for (n, append) in commands.enumerate() {
        shares[n % callers].push(append);
    }
    shares
}

pub(crate) async fn join(tasks: Vec<JoinHandle<Result<(), StoreError>>>) -> Result<(), StoreError> {
    for task in tasks {
        task.await.map_err(|error| StoreError::Unavailable(error.into()))??;
    }
    Ok(())
}

fn expect_commit(verdict: Verdict) -> Result<(), StoreError> {
    match verdict {
        Verdict::Committed(_) => Ok(()),
        other => Err(StoreError::Misuse(format!("a new stream was refused: {other:?}"))),
    }
}

/// A stream that nobody has written to.
pub(crate) fn stream(clock: &dyn Clock) -> StreamName {
    let (location, band) = (LocationId(Uuid::from_u128(7)), scattered(clock));
    StreamName::new("wristband", format_args!("{location}:{}", band.simple()))
}

/// An id without any order, as hashes of idempotency keys and codes of wristbands are.
fn scattered(clock: &dyn Clock) -> Uuid {
    Uuid::from_u128(clock.new_uuid().as_u128().reverse_bits())
}

/// A command of the usual size: a wristband is initialised.
pub(crate) fn command(clock: &dyn Clock) -> Append {
    let command = CommandId(scattered(clock));
    let event = NewEvent {
        id: EventId(clock.new_uuid()),
        event_type: "wristband.initialized.v1",
        data: format!(r#"{{"minutes":60,"starts":"first_scan","initialized_at":"{}"}}"#, clock.now()),
    };
    Append {
        command,
        request_hash: [1; 32],
        location: Some(LocationId(Uuid::from_u128(7))),
        metadata: format!(
            r#"{{"actor":"key:{}","command_id":"{command}","correlation_id":"{}"}}"#,
            clock.new_uuid(),
            clock.new_uuid()
        ),
        at: clock.now(),
        streams: vec![StreamAppend { stream: stream(clock), expected: Version(0), events: vec![event] }],
        answer: NewAnswer {
            status: 201,
            body: format!(r#"{{"stream":"{}","version":1,"minutes_left":60}}"#, stream(clock)),
        },
        person_keys: Vec::new(),
    }
}
