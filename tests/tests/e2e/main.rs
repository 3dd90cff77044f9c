//! End-to-end tests: real processes, real HTTP, real nats-servers.

/// The operator's binary of this build.
const BINARY: &str = env!("CARGO_BIN_EXE_aerosports-under-test");
