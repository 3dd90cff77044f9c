//! What can be asked of a setting, and what is decided on it.

use super::{
    DISPLAY_NAMES, DisplayNames, RECORD_WITHIN, Scope, SettingError, SettingEvent, SettingKey, SettingState,
    SettingValue, recorded_plays,
};

/// A command on one setting at one scope.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingCommand {
    /// Give it a value here.
    Set {
        /// Where it shall hold.
        scope: Scope,
        /// Its key.
        key: SettingKey,
        /// Of the type in effect at this scope, if one is.
        value: SettingValue,
    },
    /// Let a farther scope's value show through.
    Unset {
        /// Where it held.
        scope: Scope,
        /// Its key.
        key: SettingKey,
    },
}

/// What `command` makes of `state`. A command already in effect yields nothing.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(state: &SettingState, command: SettingCommand) -> Result<Vec<SettingEvent>, SettingError> {
    match (state, command) {
        (SettingState::Unset, SettingCommand::Set { scope, key, value }) => {
            check(&key, &value)?;
            Ok(vec![SettingEvent::Set { scope, key, value }])
        }
        (SettingState::Set(current), SettingCommand::Set { scope, key, value }) => {
            check(&key, &value)?;
            let (in_effect, given) = (current.value_type(), value.value_type());
            if in_effect != given {
                return Err(SettingError::TypeDiffers { in_effect, given });
            }
            let same = current.same_as(&value);
            Ok(if same { vec![] } else { vec![SettingEvent::Set { scope, key, value }] })
        }
        (SettingState::Unset, SettingCommand::Unset { .. }) => Ok(vec![]),
        (SettingState::Set(_), SettingCommand::Unset { scope, key }) => {
            Ok(vec![SettingEvent::Unset { scope, key }])
        }
    }
}

fn check(key: &SettingKey, value: &SettingValue) -> Result<(), SettingError> {
    value.check()?;
    match key.as_str() {
        DISPLAY_NAMES => DisplayNames::check(value),
        RECORD_WITHIN => recorded_plays::check(value),
        _ => Ok(()),
    }
}
