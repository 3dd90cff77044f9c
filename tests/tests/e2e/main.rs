//! End-to-end tests: real processes, real HTTP, real nats-servers.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod bad_input;
mod clock;
mod command_line;
mod compose;
mod demo;
mod document;
mod first_use;
mod full_disk;
mod kasa;
mod keys;
mod kill;
mod load;
mod mssql_refused;
mod npm_simulator;
mod on_mssql;
mod openapi_clients;
mod operators;
mod plug_faults;
mod plugs;
mod rebuild;
mod routes;
mod settings;
mod spans;
mod stop;
mod support;
mod timelines;
mod tour;

/// The operator's binary of this build.
const BINARY: &str = env!("CARGO_BIN_EXE_aerosports-under-test");
