//! What a plug does instead of behaving.

use std::time::Duration;

/// A way to misbehave. One holds until another is set; those of the network take effect at once, those
/// of an answer with the next request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// None: it behaves.
    #[default]
    None,
    /// Refuses connections, resets those it has, and hears no datagram.
    Refuse,
    /// Takes connections and requests, and never answers; obeys nothing.
    Mute,
    /// As after an unnoticed restart: connections it has are dead and say nothing, new ones work.
    HalfOpen,
    /// Answers one byte at a time, with a pause before each; obeys.
    Drip(Duration),
    /// Answers after a pause; obeys at once.
    Delay(Duration),
    /// Sends a well-formed frame around bytes that are no JSON; obeys nothing.
    Garbage,
    /// Announces an answer of 4 GiB; obeys nothing.
    Oversize,
    /// Obeys nothing and answers this `err_code`.
    Refusal {
        /// Only for this method, such as `set_relay_state`; for every one without.
        method: Option<&'static str>,
        /// The code.
        code: i64,
    },
    /// Closes the connection instead of answering; obeys nothing.
    HangUp,
    /// Obeys, sends this many bytes of the answer's frame, and closes the connection.
    Cut(usize),
    /// Closes its sending side instead of answering and goes on listening; obeys nothing.
    HalfClose,
    /// Says that it switched, and does not.
    StuckRelay,
    /// Has firmware that closes the port and answers UDP 20002 only: KLAP.
    NewFirmware,
}

impl Fault {
    /// Whether connections are refused.
    pub(crate) fn closes_the_port(&self) -> bool {
        matches!(self, Self::Refuse | Self::NewFirmware)
    }

    /// Whether a search does not find the plug.
    pub(crate) fn ignores_datagrams(&self) -> bool {
        matches!(self, Self::Refuse | Self::NewFirmware | Self::Mute)
    }

    /// Whether requests reach the device at all.
    pub(crate) fn obeys(&self) -> bool {
        !matches!(self, Self::Mute | Self::Garbage | Self::Oversize | Self::HangUp | Self::HalfClose)
    }

    /// The code with which `method` is refused.
    pub(crate) fn refusal_of(&self, method: &str) -> Option<i64> {
        match self {
            Self::Refusal { method: None, code } => Some(*code),
            Self::Refusal { method: Some(only), code } if *only == method => Some(*code),
            _ => None,
        }
    }
}
