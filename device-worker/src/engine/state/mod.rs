//! What is remembered of a plug, an automation and the location. All of it is stored as JSON, so that a restart
//! goes on where the last run ended.
//!
//! [`super::STATE_SCHEMA`] changes with the stored form. A field that is renamed here keeps its stored name.

mod automation;
mod location;
mod plug;

pub use automation::{AutomationState, Force, UnreportedSkip};
pub use location::{LocationState, RunningPlay};
pub use plug::{Ask, Current, Hold, OnPeriod, PlugState, Pressed, Release, UnconfirmedOn, UnreportedRefusal};
