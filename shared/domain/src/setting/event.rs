//! Facts about one setting at one scope.

use super::SettingValue;

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
