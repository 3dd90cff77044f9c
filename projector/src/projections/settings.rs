//! Every setting at every scope. Which of them holds at a place is decided when it is read.

use async_trait::async_trait;
use domain::{
    DomainEvent,
    setting::{Scope, SettingEvent},
};
use read_model::settings::{SETTINGS, SettingRow};
use read_store::{Json, ReadModel, Tx};

use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Settings;

#[async_trait]
impl Projection for Settings {
    fn model(&self) -> &'static ReadModel {
        &SETTINGS
    }

    fn version(&self) -> u32 {
        1
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("setting.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut rows = context.rows::<SettingRow>();
        rows.load(tx, events.iter().map(|event| (event.stream.clone(),))).await?;
        for event in events {
            if let DomainEvent::Setting(fact) = event.fact()? {
                fold(&mut rows, event, fact)?;
            }
        }
        Ok(rows.flush(tx, context).await?)
    }
}

fn fold(rows: &mut Rows<SettingRow>, event: &Event, fact: &SettingEvent) -> Result<(), ApplyError> {
    let known = rows.get(&(event.stream.clone(),))?;
    if known.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    let (scope, key, value) = match fact {
        SettingEvent::Set { scope, key, value } => (scope, key, Some(Json(value.clone()))),
        SettingEvent::Unset { scope, key } => (scope, key, None),
    };
    let (location_id, room_id, variant_id) = match *scope {
        Scope::Global => (None, None, None),
        Scope::Location(location) => (Some(location), None, None),
        Scope::Room(location, room) => (Some(location), Some(room), None),
        Scope::Variant(location, variant) => (Some(location), None, Some(variant)),
    };
    rows.put(SettingRow {
        stream: event.stream.clone(),
        location_id,
        room_id,
        variant_id,
        setting_key: key.as_str().to_owned(),
        setting_value: value,
        stream_version: event.version,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::LocationId,
        setting::{SettingKey, SettingValue},
    };
    use uuid::Uuid;

    use super::*;
    use crate::{
        projections::fixture::{room, variant},
        testing::{MemoryLog, Stepper, assert_idempotent, assert_rebuild_equal},
    };

    const HOME: LocationId = LocationId(Uuid::from_u128(1));

    fn set(log: &MemoryLog, scope: Scope, key: &str, value: Option<SettingValue>) {
        let key = SettingKey::stored(key);
        let stream = scope.stream(&key);
        let location = (scope != Scope::Global).then_some(HOME);
        match value {
            Some(value) => log.append(&stream, location, SettingEvent::Set { scope, key, value }),
            None => log.append(&stream, location, SettingEvent::Unset { scope, key }),
        };
    }

    fn history() -> MemoryLog {
        let log = MemoryLog::default();
        let text = |text: &str| Some(SettingValue::Text(text.to_owned()));
        set(&log, Scope::Global, "theme", text("plain"));
        set(&log, Scope::Location(HOME), "theme", text("dark"));
        set(&log, Scope::Room(HOME, room(1)), "volume", Some(SettingValue::Number(0.5)));
        set(&log, Scope::Variant(HOME, variant(1)), "volume", Some(SettingValue::Boolean(false)));
        set(&log, Scope::Location(HOME), "theme", None);
        set(&log, Scope::Global, "theme", text("bright"));
        log
    }

    #[tokio::test]
    async fn each_scope_keeps_its_own_latest_value() {
        let mut view = Stepper::new(Settings).await;
        view.apply(&history().all()).await;
        let rows: Vec<SettingRow> = view.rows().await;
        let of = |scope: Scope, key: &str| {
            let stream = scope.stream(&SettingKey::stored(key));
            let row = rows.iter().find(|row| row.stream == stream).unwrap();
            row.setting_value.clone().map(|value| value.0)
        };
        assert_eq!(rows.len(), 4);
        assert_eq!(of(Scope::Global, "theme"), Some(SettingValue::Text("bright".to_owned())));
        assert_eq!(of(Scope::Location(HOME), "theme"), None, "unset");
        assert_eq!(of(Scope::Room(HOME, room(1)), "volume"), Some(SettingValue::Number(0.5)));
        assert_eq!(of(Scope::Variant(HOME, variant(1)), "volume"), Some(SettingValue::Boolean(false)));
    }

    #[tokio::test]
    async fn settings_applied_twice_changes_nothing() {
        assert_idempotent(Settings, &history().all()).await;
    }

    #[tokio::test]
    async fn settings_rebuilt_is_byte_equal() {
        assert_rebuild_equal(Settings, &history().all()).await;
    }
}
