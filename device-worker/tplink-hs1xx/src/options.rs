//! Deadlines and habits of a client.

use std::time::Duration;

/// How long a [`Client`](crate::Client) waits, and for what.
///
/// ```
/// use std::time::Duration;
/// use tplink_hs1xx::Options;
///
/// let mut options = Options::default();
/// options.exchange = Duration::from_millis(1500);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Longest wait for a connection. Default 1 s; never longer than what is left of
    /// [`exchange`](Self::exchange).
    pub connect: Duration,
    /// Longest duration of a whole call: connecting, the identity check, the request, the
    /// reply, and a reconnection if one is needed. Default 2 s, at most an hour.
    pub exchange: Duration,
    /// Longest wait for a device that cannot be connected to to say that its firmware is
    /// another, within [`exchange`](Self::exchange). Default 400 ms; zero does not ask.
    pub firmware_probe: Duration,
    /// The UDP port where newer firmware answers that. Default [`klap::PORT`](crate::klap::PORT).
    pub firmware_port: u16,
    /// Whether to keep the connection for the next call. Default true. Devices that serve
    /// other clients too may behave better with false.
    pub keep_connection: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            exchange: Duration::from_secs(2),
            firmware_probe: Duration::from_millis(400),
            firmware_port: crate::klap::PORT,
            keep_connection: true,
        }
    }
}
