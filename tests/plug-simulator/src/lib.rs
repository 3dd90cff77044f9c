//! Simulated TP-Link Kasa plugs and strips, for tests and the demo only: any number in one process, each
//! on a loopback address of its own, TCP and UDP. They switch, measure, count down and misbehave on
//! demand, and keep a record of every change of every relay.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use plug_simulator::{Fault, Model, Plug};
//!
//! let fog = Plug::start(Model::plug("Fog machine")).await?;
//! // … a worker is pointed at `fog.address()` …
//! fog.set_fault(Fault::Mute).await?;
//! fog.clear_fault().await?;
//! assert!(!fog.is_on());
//! # Ok(())
//! # }
//! ```
//!
//! What a plug does is decided without I/O in `device`; `host` owns the sockets; [`Plug`] is the
//! handle of both.

mod connection;
mod device;
mod fault;
mod host;
mod meter;
mod model;
mod network;
mod outlet;
mod plug;
mod record;
mod shared;
mod sockets;

pub use fault::Fault;
pub use model::Model;
pub use network::Network;
pub use plug::Plug;
pub use record::{Cause, Heard, RelayChange};
