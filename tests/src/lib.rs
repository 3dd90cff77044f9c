//! Harness of the end-to-end and fault tests: real processes of this build on loopback, each in a
//! folder of its own, ended when dropped.

pub mod contract;
pub mod kasa;
pub mod mssql;
pub mod nats;
pub mod npm;
pub mod process;
pub mod proxy;
pub mod tools;
pub mod up;
mod wall_clock;

pub use contract::client;
pub use mssql::MssqlDatabase;
pub use nats::NatsServer;
pub use npm::NpmSimulator;
pub use plug_simulator as plugs;
pub use process::Process;
pub use proxy::Proxy;
pub use up::{Services, Up};
pub use wall_clock::WallClock;
