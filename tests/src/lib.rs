//! Harness of the end-to-end and fault tests: real processes of this build on loopback, each in a
//! folder of its own, ended when dropped.

pub mod nats;
pub mod process;
pub mod up;

pub use nats::NatsServer;
pub use plug_simulator as plugs;
pub use process::Process;
pub use up::{Services, Up};
