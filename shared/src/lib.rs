//! What every AeroSports service shares.
//!
//! Layers, purest first; an arrow may only point upwards:
//! [`domain`] (rules; no IO) ← [`events`] (stored form) ← [`store`], [`bus`] (log and delivery) ←
//! [`auth`], [`http`] (who may call, and how). [`sealing`] keeps persons' keys; [`sql`] is the read side's portable executor;
//! [`mssql`] are the connections that both use on SQL Server.

pub mod auth;
pub mod bus;
pub mod clock;
pub mod config;
pub mod domain;
pub mod events;
pub mod http;
pub mod lifecycle;
pub mod mssql;
pub mod retry;
pub mod sealing;
pub mod search;
pub mod sql;
pub mod store;
pub mod telemetry;
