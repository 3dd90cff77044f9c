//! What a store holds, in figures that can be compared: equal proofs mean equal stores.

use std::collections::HashMap;

use aws_lc_rs::digest::{Context, SHA256, digest};
use domain::{
    ids::StreamName,
    log::{Head, Position, Version},
};
use events::RecordedEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CommandMark, CommandRecord, Export, PersonKeyRecord};
use crate::{ApiKeyRow, StoreError};

/// Rows read at once.
const PAGE: usize = 5_000;

/// Counts and checksums of everything that moves from one store to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Counts restores; a token is good on its own timeline only.
    pub timeline: u32,
    /// Events, at the positions 1 to `events` without a hole.
    pub events: u64,
    /// SHA-256 of all events in their order, with positions, ids, streams, versions, times and contents.
    pub events_sha256: String,
    /// Streams, each with the versions 1, 2, … without a hole.
    pub streams: u64,
    /// Stored answers that are young enough to be kept.
    pub answers: u64,
    /// Sum of the answers' SHA-256.
    pub answers_checksum: String,
    /// Person keys, destroyed ones included.
    pub person_keys: u64,
    /// Sum of the person keys' SHA-256.
    pub person_keys_checksum: String,
    /// API keys, ended ones included.
    pub api_keys: u64,
    /// Sum of the API keys' SHA-256; their last use is left out, which nobody depends on.
    pub api_keys_checksum: String,
}

/// Reads all of `store`; answers decided before `answers_since` are left out, since every store forgets old ones
/// in its own time. `progress` is told how many events were read so far.
///
/// # Errors
/// `Corrupt` where positions or versions are not dense; otherwise as the reads.
pub async fn prove(
    store: &dyn Export,
    answers_since: Timestamp,
    progress: impl Fn(u64) + Send,
) -> Result<Proof, StoreError> {
    let head = store.head().await?;
    let (events, streams) = prove_events(store, head, progress).await?;
    let (mut answers, mut mark) = (Sum::default(), CommandMark::default());
    loop {
        let (page, end) = store.export_commands(mark, PAGE).await?;
        if page.is_empty() {
            break;
        }
        mark = end;
        for record in page.iter().filter(|record| record.at >= answers_since) {
            answers.add(&command(record));
        }
    }
    let (mut person_keys, mut after) = (Sum::default(), None);
    loop {
        let page = store.export_person_keys(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.person);
        for record in &page {
            person_keys.add(&person_key(record));
        }
    }
    let mut api_keys = Sum::default();
    for key in &store.list_api_keys().await? {
        api_keys.add(&api_key(key));
    }
    Ok(Proof {
        timeline: head.timeline,
        events: head.position.0,
        events_sha256: hex(events.finish().as_ref()),
        streams,
        answers: answers.count,
        answers_checksum: answers.text(),
        person_keys: person_keys.count,
        person_keys_checksum: person_keys.text(),
        api_keys: api_keys.count,
        api_keys_checksum: api_keys.text(),
    })
}

/// The events up to `head`, hashed; and how many streams they make.
async fn prove_events(
    store: &dyn Export,
    head: Head,
    progress: impl Fn(u64) + Send,
) -> Result<(Context, u64), StoreError> {
    let mut hash = Context::new(&SHA256);
    let mut versions: HashMap<StreamName, Version> = HashMap::new();
    let mut next = Position(1);
    while next <= head.position {
        let page = store.read_log(next, PAGE).await?;
        for event in page.iter().take_while(|event| event.position <= head.position) {
            expect(event.position == next, || format!("position {next} is missing"))?;
            let last = versions.entry(event.stream.clone()).or_default();
            expect(event.version == last.next(), || {
                format!("{} has version {} after {last}", event.stream, event.version)
            })?;
            (*last, next) = (event.version, next.next());
            hash.update(&row(event));
        }
        expect(!page.is_empty(), || format!("position {next} is missing"))?;
        progress(next.0 - 1);
    }
    Ok((hash, versions.len() as u64))
}

fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), StoreError> {
    if holds { Ok(()) } else { Err(StoreError::Corrupt(what())) }
}

/// Checksums added up, so that no order matters.
#[derive(Default)]
struct Sum {
    count: u64,
    halves: [u128; 2],
}

impl Sum {
    fn add(&mut self, fields: &Fields) {
        self.count += 1;
        let hash = digest(&SHA256, &fields.0);
        for (half, bytes) in self.halves.iter_mut().zip(hash.as_ref().as_chunks::<16>().0) {
            *half = half.wrapping_add(u128::from_be_bytes(*bytes));
        }
    }

    fn text(&self) -> String {
        format!("{:032x}{:032x}", self.halves[0], self.halves[1])
    }
}

/// A row's values one after the other, each with its length, so that no value runs into the next.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend((bytes.len() as u64).to_be_bytes());
        self.0.extend(bytes);
        self
    }

    fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn id(self, id: Uuid) -> Self {
        self.bytes(id.as_bytes())
    }

    fn optional(self, bytes: Option<&[u8]>) -> Self {
        let present = u64::from(bytes.is_some());
        self.number(present).bytes(bytes.unwrap_or_default())
    }

    fn instant(self, at: Timestamp) -> Self {
        self.bytes(&at.as_microsecond().to_be_bytes())
    }

    fn optional_instant(self, at: Option<Timestamp>) -> Self {
        self.optional(at.map(|at| at.as_microsecond().to_be_bytes()).as_ref().map(<[u8; 8]>::as_slice))
    }
}

fn row(event: &RecordedEvent) -> Vec<u8> {
    Fields::default()
        .number(event.position.0)
        .id(event.id.0)
        .bytes(event.stream.as_str().as_bytes())
        .number(event.version.0)
        .bytes(event.event_type.as_bytes())
        .optional(event.location.as_ref().map(|location| location.0.as_bytes().as_slice()))
        .bytes(event.data.as_bytes())
        .bytes(event.metadata.as_bytes())
        .instant(event.recorded_at)
        .0
}

fn command(record: &CommandRecord) -> Fields {
    Fields::default()
        .id(record.id.0)
        .bytes(&record.request_hash)
        .number(record.status.into())
        .bytes(record.body.as_bytes())
        .number(record.position.0)
        .instant(record.at)
}

fn person_key(record: &PersonKeyRecord) -> Fields {
    Fields::default()
        .id(record.person.0)
        .optional(record.wrapped.as_ref().map(|key| key.0.as_slice()))
        .instant(record.created_at)
        .optional_instant(record.destroyed_at)
}

fn api_key(key: &ApiKeyRow) -> Fields {
    Fields::default()
        .id(key.id)
        .bytes(&key.secret_hash)
        .bytes(key.name.as_bytes())
        .bytes(key.kind.as_bytes())
        .optional(key.location.as_ref().map(|location| location.0.as_bytes().as_slice()))
        .instant(key.created_at)
        .optional_instant(key.expires_at)
        .optional_instant(key.revoked_at)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {

    use domain::log::CommandId;

    use super::*;
    use crate::WrappedKey;

    fn record(status: u16, body: &str) -> CommandRecord {
        CommandRecord {
            id: CommandId(Uuid::from_u128(1)),
            request_hash: [7; 32],
            status,
            body: body.into(),
            position: Position(3),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn sum(rows: &[Fields]) -> (u64, String) {
        let mut sum = Sum::default();
        for row in rows {
            sum.add(row);
        }
        (sum.count, sum.text())
    }

    #[test]
    fn order_does_not_matter_and_everything_else_does() {
        let (one, other) = (|| command(&record(200, "{}")), || command(&record(201, "{}")));
        assert_eq!(sum(&[one(), other()]), sum(&[other(), one()]));
        assert_ne!(sum(&[one(), other()]), sum(&[one(), one()]));
        assert_ne!(sum(&[one()]), sum(&[command(&record(200, "{ }"))]));
        let destroyed = PersonKeyRecord {
            person: domain::ids::PlayerId(Uuid::from_u128(2)),
            wrapped: None,
            created_at: Timestamp::UNIX_EPOCH,
            destroyed_at: None,
        };
        let empty = PersonKeyRecord { wrapped: Some(WrappedKey(vec![])), ..destroyed.clone() };
        assert_ne!(sum(&[person_key(&destroyed)]), sum(&[person_key(&empty)]));
    }
}
