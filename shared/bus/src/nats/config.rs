//! What the bus over NATS is told from outside. Reads no environment and no arguments itself.

use std::{fmt, path::PathBuf, time::Duration};

use super::signature::MessageKey;
use crate::BusError;

/// How the process shows itself to the server.
#[derive(Clone, Default)]
pub enum NatsAuth {
    /// As the URL says, or not at all.
    #[default]
    Url,
    /// A token.
    Token(String),
    /// A user and a password.
    User {
        /// The user's name.
        name: String,
        /// The password.
        password: String,
    },
    /// A `.creds` file with a user's JWT and seed.
    CredentialsFile(PathBuf),
}

impl fmt::Debug for NatsAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "Url",
            Self::Token(_) => "Token(..)",
            Self::User { .. } => "User(..)",
            Self::CredentialsFile(_) => "CredentialsFile(..)",
        })
    }
}

/// TLS towards the server. A `tls://` URL turns it on as well; certificates are always verified.
#[derive(Clone, Debug, Default)]
pub struct NatsTls {
    /// Refuse a connection without TLS.
    pub required: bool,
    /// PEM file with the authorities to trust instead of the system's.
    pub authorities: Option<PathBuf>,
    /// PEM files with our certificate and its key, for a server that asks for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Everything the bus can be told. [`NatsConfig::new`] gives the defaults.
#[derive(Clone)]
pub struct NatsConfig {
    /// One or more server URLs, separated by commas.
    pub url: String,
    /// How the connection is called in the server's lists.
    pub name: String,
    /// See [`NatsAuth`].
    pub auth: NatsAuth,
    /// See [`NatsTls`].
    pub tls: NatsTls,
    /// How often a silent connection is probed.
    pub ping: Duration,
    /// The shard of the log: 1 to 32 letters, digits, hyphens or underscores.
    pub shard: String,
    /// Copies of the stream in the server's cluster, 1 to 5.
    pub replicas: usize,
    /// Most messages the stream keeps; the oldest go first, since the store has them.
    pub keep_messages: u64,
    /// Most bytes the stream keeps; none for no limit.
    pub keep_bytes: Option<u64>,
    /// How many of the latest events a lost stream is filled with again.
    pub refill_max: u64,
    /// How often the stream is compared with the store when nothing else happens.
    pub sweep: Duration,
    /// How often the store is asked for its head on behalf of followers, in case the bus is silent.
    pub poll: Duration,
    /// Messages on their way to the server at once, 1 to 4 096.
    pub in_flight: usize,
    /// Whether this process publishes. At least one must.
    pub publish: bool,
    /// What our messages are signed with. A process without it signs none and believes none: it reads the store
    /// whenever it hears of something.
    pub key: Option<MessageKey>,
}

impl fmt::Debug for NatsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("NatsConfig")
            .field("name", &self.name)
            .field("auth", &self.auth)
            .field("shard", &self.shard)
            .finish_non_exhaustive()
    }
}

impl NatsConfig {
    /// The defaults, towards `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            name: "aerosports".to_owned(),
            auth: NatsAuth::Url,
            tls: NatsTls::default(),
            ping: Duration::from_secs(20),
            shard: "1".to_owned(),
            replicas: 1,
            keep_messages: 2_000_000,
            keep_bytes: None,
            refill_max: 1_000_000,
            sweep: Duration::from_secs(5),
            poll: Duration::from_secs(1),
            in_flight: 256,
            publish: true,
            key: None,
        }
    }

    /// The stream's name.
    #[must_use]
    pub fn stream_name(&self) -> String {
        format!("AERO_EVENTS_{}", self.shard)
    }

    /// What the subjects of this shard's events begin with: `aero.events`, and for every shard but the
    /// first `aero.<shard>.events`, since two streams may not share subjects.
    #[must_use]
    pub fn subject_root(&self) -> String {
        match self.shard.as_str() {
            "1" => "aero.events".to_owned(),
            shard => format!("aero.{shard}.events"),
        }
    }

    pub(super) fn check(&self) -> Result<(), BusError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let shard_ok = (1..=32).contains(&self.shard.len())
            && self.shard.bytes().all(plain)
            && !matches!(self.shard.as_str(), "events" | "live");
        let checks = [
            ("shard", shard_ok, "must be 1 to 32 letters, digits, hyphens or underscores"),
            ("replicas", (1..=5).contains(&self.replicas), "must be 1 to 5"),
            ("keep_messages", self.keep_messages > 0, "must be at least 1"),
            ("in_flight", (1..=4_096).contains(&self.in_flight), "must be 1 to 4096"),
            ("sweep", !self.sweep.is_zero(), "must be longer than nothing"),
            ("poll", !self.poll.is_zero(), "must be longer than nothing"),
        ];
        match checks.into_iter().find(|(_, fine, _)| !fine) {
            Some((setting, _, problem)) => Err(BusError::Setting { setting, problem: problem.to_owned() }),
            None => Ok(()),
        }
    }
}
