//! One event of the log, and the circumstances under which it is applied.

use std::sync::Arc;

use domain::{
    DomainEvent,
    automation::{Occasion, OccasionKind},
    ids::StreamName,
    log::Position,
    plug::{Cause, CauseKind},
};
use jiff::{SignedDuration, Timestamp};

use super::cause::because;
use crate::clock::Moment;

/// One event of the location's log.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Where in the log.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The stream it was appended to.
    pub stream: StreamName,
    /// What happened.
    pub event: Arc<DomainEvent>,
}

/// How a fact is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As history that others have acted upon: it changes what is known and triggers nothing.
    History,
    /// As news, which may still be late.
    News,
}

/// The circumstances under which a fact is applied.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) position: Position,
    pub(super) now: Moment,
    pub(super) how: How,
    /// Too old to switch anything on.
    pub(super) late: bool,
    pub(super) age: SignedDuration,
}

impl Context {
    pub(super) fn occasion(&self, kind: OccasionKind) -> Occasion {
        Occasion { kind, event_position: Some(self.position.0) }
    }

    pub(super) fn lateness(&self) -> String {
        format!("late: the event is {} s old", self.age.as_secs())
    }

    pub(super) fn cause(&self, kind: CauseKind, reason: impl AsRef<str>) -> Cause {
        Cause { event_position: Some(self.position.0), ..because(kind, reason) }
    }
}
