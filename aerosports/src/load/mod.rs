//! `aerosports load`: measures this machine's raw limits and, in the same run, what the system makes of
//! them. Everything happens in a temporary folder and on loopback.

pub mod history;
