//! What an event was when it was written, in 16 bytes beside it. It notices damage and edits that did not mean to
//! hide: whoever can write to the database and computes a new checksum goes unnoticed, since there is no key.
//!
//! The position is not part of it: SQL Server gives it out within the transaction, after the request was sent. The
//! stream and the version are, and both positions and versions are read without holes.

use aws_lc_rs::digest::{Context, SHA256};
use domain::log::Position;
use events::RecordedEvent;

use crate::StoreError;

/// What is to be done about a damaged event.
const RESTORE: &str = "Stop every process, keep the damaged database for a look, and restore a backup from before \
     the damage, as docs/operations.md says";

/// The first bytes of the hash that are kept.
const BYTES: usize = 16;

/// The first 16 bytes of a SHA-256 over every column but the position, each with its length.
pub(crate) fn checksum(event: &RecordedEvent) -> [u8; BYTES] {
    let mut hash = Context::new(&SHA256);
    let mut add = |field: &[u8]| {
        hash.update(&(field.len() as u64).to_be_bytes());
        hash.update(field);
    };
    add(event.stream.as_str().as_bytes());
    add(&event.version.0.to_be_bytes());
    add(event.id.0.as_bytes());
    add(event.event_type.as_bytes());
    add(event.location.as_ref().map_or(&[][..], |location| location.0.as_bytes()));
    add(event.data.as_bytes());
    add(event.metadata.as_bytes());
    add(&event.recorded_at.as_microsecond().to_be_bytes());
    let mut kept = [0; BYTES];
    kept.copy_from_slice(&hash.finish().as_ref()[..BYTES]);
    kept
}

/// Compares an event that was read from `place` with the checksum beside it. An event from before there were
/// checksums has none.
///
/// # Errors
/// `Corrupt`, saying which event and what to do.
pub(crate) fn verify_checksum(
    event: &RecordedEvent,
    stored: Option<&[u8]>,
    place: &str,
) -> Result<(), StoreError> {
    match stored {
        Some(stored) if stored != checksum(event) => Err(StoreError::Corrupt(format!(
            "in {place}, the event at position {} (version {} of stream {}, id {}) is not what was written: its \
             checksum differs. {RESTORE}",
            event.position, event.version, event.stream, event.id
        ))),
        _ => Ok(()),
    }
}

/// Says of which event in `place` a column cannot be read.
pub(crate) fn unreadable(error: StoreError, position: Position, place: &str) -> StoreError {
    match error {
        StoreError::Corrupt(what) => StoreError::Corrupt(format!(
            "in {place}, the event at position {position} cannot be read ({what}). {RESTORE}"
        )),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{EventId, LocationId},
        log::Version,
    };
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn event() -> RecordedEvent {
        RecordedEvent {
            position: Position(7),
            id: EventId(Uuid::from_u128(1)),
            stream: "wristband-1".parse().unwrap(),
            version: Version(2),
            event_type: "wristband.initialized.v1".into(),
            location: Some(LocationId(Uuid::from_u128(2))),
            data: r#"{"minutes":500}"#.into(),
            metadata: "{}".into(),
            recorded_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn changed(change: impl Fn(&mut RecordedEvent)) -> RecordedEvent {
        let mut event = event();
        change(&mut event);
        event
    }

    #[test]
    fn every_column_but_the_position_counts() {
        let sum = checksum(&event());
        let others = [
            changed(|event| event.id = EventId(Uuid::from_u128(3))),
            changed(|event| event.stream = "wristband-2".parse().unwrap()),
            changed(|event| event.version = Version(3)),
            changed(|event| event.event_type = "wristband.initialized.v2".into()),
            changed(|event| event.location = None),
            changed(|event| event.data = r#"{"minutes":999}"#.into()),
            changed(|event| event.metadata = "{ }".into()),
            changed(|event| event.recorded_at = Timestamp::from_microsecond(1).unwrap()),
            // One column must not run into the next.
            changed(|event| {
                event.data = r#"{"minutes":500"#.into();
                event.metadata = "}{}".into();
            }),
        ];
        for other in others {
            assert_ne!(checksum(&other), sum, "{other:?}");
        }
        assert_eq!(checksum(&changed(|event| event.position = Position(8))), sum);
    }

    #[test]
    fn the_form_of_a_checksum_never_changes() {
        let hex = super::super::migration::hex(&checksum(&event()));
        assert_eq!(hex, "632312a81ee37218c3f42ee2ec572598");
    }

    #[test]
    fn a_difference_is_named_with_what_to_do() {
        let sum = checksum(&event());
        verify_checksum(&event(), Some(&sum), "events.db").unwrap();
        verify_checksum(&event(), None, "events.db").unwrap();
        let edited = changed(|event| event.data = r#"{"minutes":999}"#.into());
        for stored in [&sum[..], &sum[..15], &[]] {
            let error = verify_checksum(&edited, Some(stored), "events.db").unwrap_err().to_string();
            for part in ["events.db", "position 7", "version 2", "wristband-1", "restore a backup"] {
                assert!(error.contains(part), "{part} is missing: {error}");
            }
        }
    }
}
