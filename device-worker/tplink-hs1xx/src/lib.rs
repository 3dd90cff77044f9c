//! The local protocol of TP-Link Kasa smart plugs and power strips.
//!
//! Covers the plugs that speak the obfuscated JSON protocol on port 9999: HS100, HS103,
//! HS105, HS110, KP115, EP10 and the strips HS300 and KP303, among others. Nothing here goes
//! through the vendor's cloud and nothing needs an account.
//!
//! | Layer | What it does |
//! |---|---|
//! | [`codec`] | obfuscation and frames, no I/O |
//! | [`request`], [`method`] | typed requests and the methods they carry, no I/O |
//! | [`reply`] | takes replies apart, tolerant of what it does not know, no I/O |
//! | [`Client`] | one address: deadlines, connection reuse, typed errors |
//! | [`Plug`] | one device: a client that refuses an address whose identity changed |
//! | [`discovery`] | finds devices by UDP |
//!
//! ```no_run
//! use tplink_hs1xx::{Client, Outlets, Plug};
//!
//! # async fn run() -> Result<(), tplink_hs1xx::Error> {
//! let client = Client::new(([192, 168, 1, 20], 9999).into());
//! let (mut plug, info) = Plug::open(client).await?;
//! println!("{} is a {}", info.alias, info.model);
//! plug.set_relay(&Outlets::Whole, true).await?;
//! if info.has_energy_meter {
//!     println!("{:.1} W", plug.energy(&Outlets::Whole).await?.power_watts);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What to expect of a device
//!
//! A plug serves one connection well and several badly, so give each device one [`Client`];
//! its methods take `&mut self`, which keeps one request in flight. A plug that stops
//! answering costs its caller [`Options::exchange`] (2 s), never more, and its socket is
//! closed. Every future here may be dropped at any point: that closes the connection, and the
//! next call opens a new one.
//!
//! Firmware that has moved to KLAP closes port 9999. That is reported as
//! [`Error::UnsupportedFirmware`], because such a plug is on line and only speaks another
//! language.
//!
//! # Source
//!
//! The vendor has not published the protocol. The facts used here come from softScheck,
//! "Reverse Engineering the TP-Link HS110",
//! <https://www.softscheck.com/en/reverse-engineering-tp-link-hs110/>, and were checked
//! against two independent clients and a public simulator.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod client;
pub mod codec;
mod countdown;
mod deadline;
pub mod discovery;
mod energy;
mod error;
mod fields;
mod identity;
pub mod klap;
mod link;
pub mod method;
mod options;
mod plug;
mod refusal;
pub mod reply;
pub mod request;
mod sysinfo;
mod unsupported;

pub use client::Client;
pub use countdown::{CountdownRule, NewCountdown};
pub use discovery::Discovery;
pub use energy::Energy;
pub use error::{Error, Phase};
pub use identity::{ChildId, DeviceId, Identity, InvalidId, Mac};
pub use options::Options;
pub use plug::Plug;
pub use refusal::{ErrorCode, Refusal, ReplyError};
pub use request::{Outlets, Request};
pub use sysinfo::{Child, SysInfo};
pub use unsupported::Unsupported;

/// The port of the protocol, both TCP and UDP.
///
/// Source: softScheck, "Reverse Engineering the TP-Link HS110".
pub const PORT: u16 = 9999;
