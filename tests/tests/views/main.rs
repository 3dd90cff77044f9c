//! The query API's views over a real log, filled by the projector: what they show, and that a reader who
//! brings a command's token sees its effect.

#![expect(clippy::unwrap_used, reason = "what cannot be unwrapped fails the test, also in its helpers")]

mod catalogue;
mod freshness;
mod leaderboards;
mod mssql;
mod occupancy;
mod people;
mod plays;
mod settings;
mod timed;
mod world;
mod wristbands;
