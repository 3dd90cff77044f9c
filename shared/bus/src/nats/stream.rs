//! The JetStream stream of this log: how its numbers map to positions, and whether it agrees with the
//! store. The mapping, `position = sequence + offset`, stands in the stream's description, which is set
//! when the stream is made and lives and dies with it.

use std::{fmt, sync::Arc, time::Duration};

use async_nats::{
    HeaderMap,
    jetstream::{
        self, ErrorCode,
        consumer::{AckPolicy, DeliverPolicy, pull},
        context::{CreateStreamErrorKind, GetStreamErrorKind},
        message::StreamMessage,
        stream::{Config, DiscardPolicy, Info, LastRawMessageErrorKind, RetentionPolicy, StorageType},
    },
};
use domain::log::{Head, Position};
use store::{EventLog, StoreError};

use crate::Alarm;

use super::{
    config::NatsConfig,
    message,
    signature::{Origin, Signatures},
};

/// Shortest window the server accepts. Nothing here relies on it: sequences fence, ids do not.
/// Source: nats-server, "duplicates window needs to be >= 100ms".
const DUPLICATE_WINDOW: Duration = Duration::from_millis(100);
/// Messages asked for at once.
const PULL: usize = 1_000;
/// How often an idle consumer is told that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long one request for messages stands.
const PULL_EXPIRES: Duration = Duration::from_secs(30);
/// When the server forgets a consumer that asks no more.
const CONSUMER_IDLE: Duration = Duration::from_mins(1);

/// Why the stream could not be used just now.
#[derive(Debug, thiserror::Error)]
pub(super) enum StreamError {
    #[error("the bus failed")]
    Nats(#[source] anyhow::Error),
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl StreamError {
    pub(super) fn nats(error: impl Into<anyhow::Error>) -> Self {
        Self::Nats(error.into())
    }
}

/// A place in the stream that agrees with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// `position − sequence`, the same for every message of the stream.
    pub(super) offset: u64,
    /// The last position in the stream.
    pub(super) last: Position,
    /// The timeline of stream and store.
    pub(super) timeline: u32,
}

impl Cursor {
    /// The sequence of `position`, 0 when it is before the stream's first.
    pub(super) fn sequence(self, position: Position) -> u64 {
        position.0.saturating_sub(self.offset)
    }

    fn position(self, sequence: u64) -> Position {
        Position(sequence + self.offset)
    }
}

/// How the stream stands to the store.
pub(super) enum Standing {
    /// They agree up to here.
    Agrees(Cursor),
    /// There is no stream, or one that is of no more use and may be made anew.
    Missing { remains: bool },
    /// They contradict each other.
    Contradicts(Alarm),
}

/// What the description says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Label {
    offset: u64,
    timeline: u32,
}

impl Label {
    fn read(description: &str) -> Option<Self> {
        let value = |key: &str| description.split_whitespace().find_map(|word| word.strip_prefix(key));
        Some(Self {
            offset: value("aero.offset=")?.parse().ok()?,
            timeline: value("aero.timeline=")?.parse().ok()?,
        })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AeroSports events aero.offset={} aero.timeline={}", self.offset, self.timeline)
    }
}

/// The stream, by name: it may or may not exist.
#[derive(Clone)]
pub(super) struct EventStream {
    pub(super) context: jetstream::Context,
    pub(super) root: Arc<str>,
    pub(super) signatures: Signatures,
    store: Arc<dyn EventLog>,
    template: Arc<Config>,
    refill_max: u64,
}

impl EventStream {
    pub(super) fn new(context: jetstream::Context, store: Arc<dyn EventLog>, config: &NatsConfig) -> Self {
        let limit = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let root: Arc<str> = config.subject_root().into();
        let template = Config {
            name: config.stream_name(),
            subjects: vec![format!("{root}.>")],
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            storage: StorageType::File,
            num_replicas: config.replicas,
            max_messages: limit(config.keep_messages),
            max_bytes: config.keep_bytes.map_or(-1, limit),
            max_messages_per_subject: -1,
            max_message_size: -1,
            max_consumers: -1,
            duplicate_window: DUPLICATE_WINDOW,
            ..Config::default()
        };
        Self {
            context,
            signatures: Signatures::new(config.key.clone(), root.clone()),
            root,
            store,
            template: Arc::new(template),
            // Refilling more than the stream keeps would push out what was just filled in.
            refill_max: config.refill_max.min(config.keep_messages),
        }
    }

    /// Compares the stream's end with the store.
    pub(super) async fn inspect(&self) -> Result<Standing, StreamError> {
        let Some(info) = self.info().await? else { return Ok(Standing::Missing { remains: false }) };
        let Some(label) = info.config.description.as_deref().and_then(Label::read) else {
            return Ok(Standing::Contradicts(Alarm::Foreign { name: self.template.name.clone() }));
        };
        // Asked after the stream: whatever was in that was in the store before.
        let head = self.store.head().await?;
        let start = Cursor { offset: label.offset, last: Position(label.offset), timeline: label.timeline };
        let cursor = Cursor { last: start.position(info.state.last_sequence), ..start };
        if label.timeline < head.timeline || self.too_far_behind(&info, cursor, head) {
            return Ok(Standing::Missing { remains: true });
        }
        if label.timeline > head.timeline {
            let alarm = Alarm::OlderStore { stream: label.timeline, store: head.timeline };
            return Ok(Standing::Contradicts(alarm));
        }
        Ok(match self.contradiction(&info, cursor, head).await? {
            Some(alarm) => Standing::Contradicts(alarm),
            None => Standing::Agrees(cursor),
        })
    }

    /// How many messages there are in the stream of this name; none where there is no such stream.
    pub(super) async fn count(&self) -> Result<Option<u64>, StreamError> {
        Ok(self.info().await?.map(|info| info.state.messages))
    }

    /// Makes the stream so that it begins with the first event worth refilling. Somebody else making it at
    /// the same time is fine: the caller inspects it again.
    pub(super) async fn make(&self, remains: bool) -> Result<(), StreamError> {
        if remains {
            tracing::warn!(stream = self.template.name, "making the stream anew");
            self.context.delete_stream(&self.template.name).await.map_err(StreamError::nats)?;
        }
        let head = self.store.head().await?;
        let first = head.position.0.saturating_sub(self.refill_max) + 1;
        match self.context.create_stream(self.config(first, head.timeline)).await {
            Ok(_) => {
                tracing::info!(stream = self.template.name, first, "made the stream");
                Ok(())
            }
            Err(error) => match error.kind() {
                CreateStreamErrorKind::JetStream(refused)
                    if refused.error_code() == ErrorCode::STREAM_NAME_EXIST =>
                {
                    Ok(())
                }
                _ => Err(StreamError::nats(error)),
            },
        }
    }

    /// Messages from `sequence` on (the first there is, when that is gone), as they come.
    pub(super) async fn messages(&self, sequence: u64) -> Result<pull::Stream, StreamError> {
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: sequence.max(1) },
            ack_policy: AckPolicy::None,
            inactive_threshold: CONSUMER_IDLE,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let consumer = self
            .context
            .create_consumer_on_stream(config, &self.template.name)
            .await
            .map_err(StreamError::nats)?;
        let asked = consumer.stream().max_messages_per_batch(PULL).heartbeat(HEARTBEAT).expires(PULL_EXPIRES);
        asked.messages().await.map_err(StreamError::nats)
    }

    async fn info(&self) -> Result<Option<Info>, StreamError> {
        match self.context.get_stream(&self.template.name).await {
            Ok(stream) => Ok(Some(stream.cached_info().clone())),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(refused)
                    if refused.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    Ok(None)
                }
                _ => Err(StreamError::nats(error)),
            },
        }
    }

    /// An empty stream that would take more than a whole refill: cheaper to begin again further on.
    fn too_far_behind(&self, info: &Info, cursor: Cursor, head: Head) -> bool {
        info.state.messages == 0 && head.position.0.saturating_sub(cursor.last.0) > self.refill_max
    }

    /// Compares the last message with the store's event at that position. One that was purged or aged out
    /// cannot be compared, and need not be: its number still fences. What contradicts the store and is not signed says
    /// nothing of the store.
    async fn contradiction(
        &self,
        info: &Info,
        cursor: Cursor,
        head: Head,
    ) -> Result<Option<Alarm>, StreamError> {
        let ahead = (cursor.last > head.position)
            .then_some(Alarm::Ahead { stream: cursor.last, head: head.position });
        let sequence = info.state.last_sequence;
        let Some(last) = self.last_message(info).await? else { return Ok(ahead) };
        let alarm = match ahead {
            Some(alarm) => Some(alarm),
            None if message::position(&last.headers) != Some(cursor.last) => {
                Some(Alarm::Misnumbered { sequence, expected: cursor.last })
            }
            None => self.divergence(&last.headers, cursor.last).await?,
        };
        let origin = self.signatures.judge(cursor.timeline, &last.headers, &last.payload);
        Ok(alarm.map(|alarm| if origin == Origin::Foreign { Alarm::Stray { sequence } } else { alarm }))
    }

    async fn divergence(
        &self,
        headers: &HeaderMap,
        position: Position,
    ) -> Result<Option<Alarm>, StreamError> {
        let stored = self.store.read_log(position, 1).await?;
        let same = stored.first().is_some_and(|event| {
            event.position == position && message::event_id(headers) == Some(event.id.to_string().as_str())
        });
        Ok((!same).then_some(Alarm::Diverged { position }))
    }

    /// The last message, unless it is gone.
    async fn last_message(&self, info: &Info) -> Result<Option<StreamMessage>, StreamError> {
        if info.state.messages == 0 {
            return Ok(None);
        }
        let stream = self.context.get_stream_no_info(&self.template.name).await.map_err(StreamError::nats)?;
        match stream.get_raw_message(info.state.last_sequence).await {
            Ok(message) => Ok(Some(message)),
            Err(error) => match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => Ok(None),
                LastRawMessageErrorKind::JetStream(refused)
                    if refused.error_code() == ErrorCode::NO_MESSAGE_FOUND =>
                {
                    Ok(None)
                }
                _ => Err(StreamError::nats(error)),
            },
        }
    }

    /// The stream's configuration when its first message is position `first`. Servers from 2.10 on number
    /// it so; older ones begin at 1 and the description makes up for it.
    fn config(&self, first: u64, timeline: u32) -> Config {
        let numbered = self.context.client().is_server_compatible(2, 10, 0);
        let offset = if numbered { 0 } else { first - 1 };
        Config {
            description: Some(Label { offset, timeline }.to_string()),
            first_sequence: (numbered && first > 1).then_some(first),
            ..Config::clone(&self.template)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_survives_the_description_and_an_operators_words_beside_it() {
        let label = Label { offset: 41, timeline: 3 };
        assert_eq!(Label::read(&label.to_string()), Some(label));
        assert_eq!(Label::read(&format!("do not touch: {label} (ops)")), Some(label));
        assert_eq!(Label::read("aero.offset=x aero.timeline=1"), None);
        assert_eq!(Label::read("somebody's stream"), None);
    }
}
