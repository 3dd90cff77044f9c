//! The bus against real servers. Every test runs on every server found.

mod delivery;
mod forged;
mod harness;
mod loss;
mod publishing;
