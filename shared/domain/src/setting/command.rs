//! What can be asked of a setting.

use super::{Scope, SettingKey, SettingValue};

/// A wish about one setting at one scope.
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
