//! Commands on settings: one key at one scope.

mod change;

pub use change::ChangeSetting;

use domain::{
    ids::LocationId,
    setting::{Scope, Setting, SettingKey, SettingState, SettingValue},
};

use crate::execute::{ExecuteError, UnitOfWork};

/// What `key` is set to for all of `location`: there, or else everywhere.
pub(super) async fn nearest(
    work: &UnitOfWork,
    location: LocationId,
    key: &str,
) -> Result<Option<SettingValue>, ExecuteError> {
    let key = SettingKey::stored(key);
    let streams = [Scope::Location(location), Scope::Global].map(|scope| scope.stream(&key));
    let states = work.load_all::<Setting>(streams.to_vec()).await?;
    Ok(states.into_iter().find_map(|state| match &*state {
        SettingState::Set(value) => Some(value.clone()),
        SettingState::Unset => None,
    }))
}
