//! What a plug remembers of its life, for tests to look at.

use std::{
    collections::VecDeque,
    time::{Instant, SystemTime},
};

/// Requests and connections kept; the oldest give way.
const MOST_HEARD: usize = 10_000;

/// A relay that changed. Requests for the state it has already are no change.
#[derive(Clone, Debug)]
pub struct RelayChange {
    /// The outlet, from 0; always 0 on a plug.
    pub outlet: usize,
    /// Its state from now on.
    pub on: bool,
    /// Who did it.
    pub cause: Cause,
    /// When, for durations.
    pub at: Instant,
    /// When, for comparison with other clocks.
    pub time: SystemTime,
}

/// Who changed a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A request over the network.
    Request,
    /// The button on the device.
    Button,
    /// Its own countdown.
    Countdown,
    /// Power that came back to a device that starts switched off.
    Power,
}

/// Something that reached the device.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When.
    pub at: Instant,
    /// The request's JSON over TCP; `None` for a new connection.
    pub request: Option<String>,
}

/// Everything kept.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) changes: Vec<RelayChange>,
    pub(crate) heard: VecDeque<Heard>,
}

impl Record {
    #[expect(clippy::disallowed_methods, reason = "a device has a clock of its own")]
    pub(crate) fn change(&mut self, outlet: usize, on: bool, cause: Cause, at: Instant) {
        self.changes.push(RelayChange { outlet, on, cause, at, time: SystemTime::now() });
    }

    pub(crate) fn hear(&mut self, request: Option<String>) {
        if self.heard.len() == MOST_HEARD {
            self.heard.pop_front();
        }
        self.heard.push_back(Heard { at: Instant::now(), request });
    }
}
