//! What each view answers: its query over the read tables, and its shape as it goes over the wire. Tables
//! are named as the projector's records name them; nothing here knows of requests.

pub mod automation_log;
pub mod automations;
mod contenders;
pub mod families;
pub mod games;
pub mod leaderboards;
pub mod locations;
pub mod occupancy;
pub mod players;
pub mod plays;
pub mod plug_history;
pub mod plugs;
pub mod projections;
pub mod rooms;
pub mod settings;
pub mod window;
pub mod wristbands;
