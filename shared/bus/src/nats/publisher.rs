//! Copies the store's log into the stream: in order, each position once, however many processes do the
//! same. Every message names the sequence it must follow, so the server refuses whatever would repeat,
//! skip or interleave; whoever is refused looks where the stream ends and goes on from there.
//!
//! Runs when this process appends, at start, and on a schedule, so that a crash between commit and
//! publish delays an event and never loses it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_nats::{
    Client,
    jetstream::{
        context::{PublishAckFuture, PublishErrorKind},
        message::PublishMessage,
        publish::PublishAck,
    },
};
use domain::log::{Head, Position};
use events::RecordedEvent;
use runtime::{repeated::Repeated, retry::Delays};
use store::{EventLog, StoreError};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::Alarm;

use super::{
    Progress,
    config::NatsConfig,
    link::Link,
    message::{self, Outgoing},
    stream::{Cursor, EventStream, Standing, StreamError},
};

/// Events read from the store at once.
const READ: usize = 512;
/// After a lost race, so many rounds look before they publish: somebody else is at work.
const WARY_ROUNDS: u32 = 64;

/// How long a stream must be missing before it is made. A stream being deleted is forgotten before its
/// files are removed, and a new one of its name would lose its own with them (seen on nats-server 2.9.10).
const SETTLE: Duration = Duration::from_millis(500);

/// See the module.
pub(super) struct Publisher {
    stream: EventStream,
    store: Arc<dyn EventLog>,
    link: Link,
    heads: watch::Receiver<Head>,
    progress: watch::Sender<Progress>,
    in_flight: usize,
    sweep: Duration,
    /// This process has appended and lost no race since: publish without looking round.
    eager: bool,
    wary: u32,
    failed: Repeated,
}

/// Why a session of publishing ended.
enum Ended {
    /// Another publisher was faster.
    Raced,
    /// The server or the store failed; nothing is known to be wrong.
    Failed(StreamError),
    /// The stream contradicts the store.
    Alarm(Alarm),
}

impl From<StreamError> for Ended {
    fn from(error: StreamError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// A message on its way.
struct Pending {
    position: Position,
    ack: PublishAckFuture,
}

impl Publisher {
    pub(super) fn new(
        config: &NatsConfig,
        stream: EventStream,
        store: Arc<dyn EventLog>,
        link: Link,
        progress: watch::Sender<Progress>,
    ) -> Self {
        let heads = store.watch_head();
        let (in_flight, sweep) = (config.in_flight, config.sweep);
        Self {
            stream,
            store,
            link,
            heads,
            progress,
            in_flight,
            sweep,
            eager: false,
            wary: 0,
            failed: Repeated::default(),
        }
    }

    /// Publishes until dropped.
    pub(super) async fn run(mut self) {
        let mut failures = Delays::new(Duration::from_millis(50), self.sweep);
        let mut races = Delays::new(Duration::from_millis(2), Duration::from_millis(50));
        loop {
            self.link.up().await;
            let Err(ended) = self.session(&mut failures, &mut races).await else { continue };
            let wait = match ended {
                Ended::Raced => {
                    self.eager = false;
                    self.wary = WARY_ROUNDS;
                    races.next_delay()
                }
                Ended::Failed(error) => {
                    if let Some(count) = self.failed.count() {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, count, "publishing failed; it goes on by itself");
                    }
                    failures.next_delay()
                }
                Ended::Alarm(alarm) => {
                    self.raise(alarm);
                    self.sweep
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Publishes whatever the log has, again and again, until something comes in between.
    async fn session(&mut self, failures: &mut Delays, races: &mut Delays) -> Result<(), Ended> {
        let mut cursor = self.look().await?;
        loop {
            // Seen before the log is read: what is committed later wakes us again.
            self.heads.borrow_and_update();
            if self.eager || self.stopped_short(&mut cursor).await? {
                self.drain(&mut cursor).await?;
            }
            failures.reset();
            races.reset();
            self.eager = self.appended().await;
            if !self.eager || self.wary > 0 {
                self.wary = self.wary.saturating_sub(1);
                cursor = self.look().await?;
            }
        }
    }

    /// Whether the stream has stopped short of the log. While somebody else is filling it, they publish
    /// our events too, and joining in would only make everybody lose races.
    async fn stopped_short(&self, cursor: &mut Cursor) -> Result<bool, Ended> {
        let mut graces = Delays::new(Duration::from_millis(5), Duration::from_millis(100));
        while cursor.last < self.store.head().await?.position {
            tokio::time::sleep(graces.next_delay()).await;
            let before = cursor.last;
            *cursor = self.look().await?;
            if cursor.last == before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits for an append of this process (true) or for the schedule (false).
    async fn appended(&mut self) -> bool {
        let schedule = tokio::time::sleep(self.sweep);
        tokio::pin!(schedule);
        tokio::select! {
            changed = self.heads.changed() => if changed.is_ok() { return true },
            () = &mut schedule => return false,
        }
        // The store appends no more; the schedule is left.
        schedule.await;
        false
    }

    async fn inspect_settled(&self) -> Result<Standing, StreamError> {
        let standing = self.stream.inspect().await?;
        if !matches!(standing, Standing::Missing { remains: false }) {
            return Ok(standing);
        }
        tokio::time::sleep(SETTLE).await;
        self.stream.inspect().await
    }

    /// Where the stream ends, making it when there is none.
    async fn look(&self) -> Result<Cursor, Ended> {
        let standing = match self.inspect_settled().await? {
            Standing::Missing { remains } => {
                self.stream.make(remains).await?;
                self.stream.inspect().await?
            }
            standing => standing,
        };
        match standing {
            Standing::Agrees(cursor) => {
                self.reached(cursor.last);
                Ok(cursor)
            }
            Standing::Contradicts(alarm) => Err(Ended::Alarm(alarm)),
            // Made and unmade at the same moment by somebody else.
            Standing::Missing { .. } => Err(Ended::Raced),
        }
    }

    /// Publishes everything after `cursor` and waits until it is acknowledged.
    async fn drain(&self, cursor: &mut Cursor) -> Result<(), Ended> {
        let span = tracing::info_span!("publish", first = cursor.last.next().0, last = tracing::field::Empty);
        let drained = self.drain_in_order(cursor).instrument(span.clone()).await;
        span.record("last", cursor.last.0);
        drained
    }

    async fn drain_in_order(&self, cursor: &mut Cursor) -> Result<(), Ended> {
        let mut window = VecDeque::with_capacity(self.in_flight);
        match self.fill_and_confirm(&mut window, cursor).await {
            Ok(()) => Ok(()),
            Err(ended) => {
                // What is still on its way may yet be stored: looking before it has arrived would only
                // lose the next race.
                for Pending { ack, .. } in window {
                    let _ = ack.await;
                }
                Err(ended)
            }
        }
    }

    async fn fill_and_confirm(
        &self,
        window: &mut VecDeque<Pending>,
        cursor: &mut Cursor,
    ) -> Result<(), Ended> {
        let client = self.stream.context.client();
        let mut sent = cursor.last;
        loop {
            let events = self.store.read_log(sent.next(), READ).await?;
            for event in &events {
                if event.position != sent.next() {
                    return Err(hole(sent.next()).into());
                }
                if window.len() >= self.in_flight {
                    self.confirm_first(window, cursor).await?;
                }
                window.push_back(self.send(&client, event, *cursor).await?);
                sent = event.position;
            }
            if events.is_empty() {
                break;
            }
        }
        while !window.is_empty() {
            self.confirm_first(window, cursor).await?;
        }
        Ok(())
    }

    async fn send(&self, client: &Client, event: &RecordedEvent, cursor: Cursor) -> Result<Pending, Ended> {
        let position = event.position;
        let after = cursor.sequence(position) - 1;
        let Outgoing { subject, mut headers, body } =
            message::encode(event, &self.stream.root, after, client.max_payload());
        self.stream.signatures.sign(cursor.timeline, &mut headers, &body);
        let publish = PublishMessage::build().headers(headers).payload(body);
        let ack = self.stream.context.send_publish(subject, publish).await.map_err(StreamError::nats)?;
        Ok(Pending { position, ack })
    }

    async fn confirm_first(&self, window: &mut VecDeque<Pending>, cursor: &mut Cursor) -> Result<(), Ended> {
        let Some(Pending { position, ack }) = window.pop_front() else { return Ok(()) };
        match ack.await {
            Ok(PublishAck { sequence, .. }) if sequence == cursor.sequence(position) => {
                cursor.last = position;
                self.reached(position);
                Ok(())
            }
            Ok(PublishAck { sequence, .. }) => {
                Err(Ended::Alarm(Alarm::Misnumbered { sequence, expected: position }))
            }
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Err(Ended::Raced),
            Err(error) => Err(StreamError::nats(error).into()),
        }
    }

    fn reached(&self, position: Position) {
        self.progress.send_if_modified(|progress| {
            let now = Progress { published: Some(position), alarm: None };
            if let Some(alarm) = &progress.alarm {
                tracing::info!(%alarm, "publishing again: the alarm is over");
            }
            let changed = *progress != now;
            *progress = now;
            changed
        });
    }

    fn raise(&self, alarm: Alarm) {
        self.progress.send_if_modified(|progress| {
            let new = progress.alarm.as_ref() != Some(&alarm);
            if new {
                tracing::error!(%alarm, "publishing has stopped until an operator acts");
                progress.alarm = Some(alarm);
            }
            new
        });
    }
}

fn hole(missing: Position) -> StoreError {
    StoreError::Corrupt(format!("position {missing} is missing"))
}
