//! Encryption towards the server, as a URL chooses it.

use std::path::PathBuf;

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Everything; a server that cannot is refused.
    #[default]
    On,
    /// TDS 8.0: TLS before the first byte of the protocol (SQL Server 2022 and newer).
    Strict,
    /// Nothing, the password included, unless the server insists. For a server on the same machine.
    Off,
}

/// Whose certificates are good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those of the system's authorities.
    #[default]
    System,
    /// Those and the ones of the authorities in this PEM file.
    Authorities(PathBuf),
    /// Anyone's: the connection is encrypted, but nobody knows to whom.
    Anyone,
}
