//! The settings in effect at one place: of each key the value of the nearest scope.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use shared::{
    domain::{
        ids::{LocationId, RoomId, VariantId},
        setting::{Place, Scope, SettingValue, resolve},
    },
    http::Problem,
    sql::{Json, ReadStore, Row, SqlError},
};
use utoipa::ToSchema;

use super::locations;
use crate::page::{Page, Paging};

/// A setting in effect.
#[derive(Debug, Serialize, ToSchema)]
pub struct Setting {
    /// Its key.
    pub key: String,
    /// Its value, of the named type.
    #[schema(value_type = serde_json::Value)]
    pub value: Box<RawValue>,
    /// `text`, `number`, `boolean` or `json`.
    #[serde(rename = "type")]
    pub value_type: &'static str,
    /// Where it is set: `global`, `location`, `room` or `variant`.
    pub scope: &'static str,
}

/// The settings in effect at `place` of `location`, in the order of their keys.
///
/// # Errors
/// 404 for a location that never was; 503, 500.
pub async fn list(
    db: &ReadStore,
    location: LocationId,
    place: &Place,
    paging: &Paging<String>,
) -> Result<Page<Setting>, Problem> {
    locations::must_exist(db, location).await?;
    let sql = "SELECT setting_key, location_id, room_id, variant_id, setting_value FROM {settings} \
               WHERE (location_id = ?1 OR location_id IS NULL) AND setting_value IS NOT NULL AND setting_key > ?2";
    let after = paging.after().cloned().unwrap_or_default();
    let mut values = BTreeMap::<String, Vec<_>>::new();
    for row in &db.query(sql, &[location.into(), after.into()]).await? {
        values.entry(row.get(0)?).or_default().push((scope(row)?, row.get::<Json<SettingValue>>(4)?.0));
    }
    let nearest = values.into_iter().filter_map(|(key, values)| Some((key, resolve(values, place)?)));
    let fetched = usize::try_from(paging.fetch()).unwrap_or(usize::MAX);
    let settings = nearest.take(fetched).map(|(key, (scope, value))| setting(key, scope, value));
    let settings = settings.collect::<Result<Vec<_>, _>>().map_err(Problem::internal)?;
    Ok(paging.page(settings, |last| last.key.clone()))
}

fn scope(row: &Row) -> Result<Scope, SqlError> {
    let (room, variant): (Option<RoomId>, Option<VariantId>) = (row.get(2)?, row.get(3)?);
    Ok(match (row.get(1)?, room, variant) {
        (None, _, _) => Scope::Global,
        (Some(location), Some(room), _) => Scope::Room(location, room),
        (Some(location), None, Some(variant)) => Scope::Variant(location, variant),
        (Some(location), None, None) => Scope::Location(location),
    })
}

fn setting(key: String, scope: Scope, value: SettingValue) -> Result<Setting, serde_json::Error> {
    let (value_type, value) = match value {
        SettingValue::Text(text) => ("text", serde_json::value::to_raw_value(&text)?),
        SettingValue::Number(number) => ("number", serde_json::value::to_raw_value(&number)?),
        SettingValue::Boolean(flag) => ("boolean", serde_json::value::to_raw_value(&flag)?),
        SettingValue::Json(json) => ("json", RawValue::from_string(json)?),
    };
    let scope = match scope {
        Scope::Global => "global",
        Scope::Location(_) => "location",
        Scope::Room(..) => "room",
        Scope::Variant(..) => "variant",
    };
    Ok(Setting { key, value, value_type, scope })
}
