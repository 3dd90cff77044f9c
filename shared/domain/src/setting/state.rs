//! What decisions about a setting need to know.

use super::{SettingEvent, SettingValue};
use crate::{Aggregate, DomainEvent};

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
