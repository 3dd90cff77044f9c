//! What every process stands on: clock, settings, lifecycle, retries, log. Knows nothing of venues.

pub mod causes;
pub mod clock;
pub mod config;
pub mod lifecycle;
pub mod log_clock;
pub mod repeated;
pub mod retry;
pub mod telemetry;
