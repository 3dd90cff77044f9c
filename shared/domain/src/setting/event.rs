//! Facts about one setting at one scope, and what decisions need to know of them.

use super::SettingValue;
use crate::{Aggregate, DomainEvent};

/// What happened to a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingEvent {
    /// It has this value here.
    Set {
        /// Where it holds.
        scope: super::Scope,
        /// Its key.
        key: super::SettingKey,
        /// The typed value.
        value: SettingValue,
    },
    /// A farther scope's value shows through again.
    Unset {
        /// Where it held.
        scope: super::Scope,
        /// Its key.
        key: super::SettingKey,
    },
}

/// The aggregate: one key at one scope.
#[derive(Debug)]
pub struct Setting;

/// The value in effect at this scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SettingState {
    /// A farther scope's shows through.
    #[default]
    Unset,
    /// This one.
    Set(SettingValue),
}

impl Aggregate for Setting {
    type Event = SettingEvent;
    type State = SettingState;
    const CATEGORY: &'static str = "setting";

    fn evolve(_: SettingState, event: &SettingEvent) -> SettingState {
        match event {
            SettingEvent::Set { scope: _, key: _, value } => SettingState::Set(value.clone()),
            SettingEvent::Unset { .. } => SettingState::Unset,
        }
    }

    fn event_of(event: &DomainEvent) -> Option<&SettingEvent> {
        match event {
            DomainEvent::Setting(event) => Some(event),
            _ => None,
        }
    }
}
