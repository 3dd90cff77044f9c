//! The settings in effect at one place: of each key the value of the nearest scope.

use std::collections::BTreeMap;

use domain::{
    ids::LocationId,
    setting::{Scope, SettingContext, SettingValue, resolve},
};
use read_model::settings::SettingRow;
use read_store::Record as _;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::locations;
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

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
/// `NotFound` for a location that never was; `Sql`, `Render`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    place: &SettingContext,
    paging: &Paging<String>,
) -> Result<Page<Setting>, QueryError> {
    locations::must_exist(&tables, location).await?;
    let sql = format!(
        "SELECT {} FROM {{settings}} s WHERE (s.location_id = ?1 OR s.location_id IS NULL) \
         AND s.setting_value IS NOT NULL AND s.setting_key > ?2",
        SettingRow::select("s")
    );
    let after = paging.after().cloned().unwrap_or_default();
    let mut values = BTreeMap::<String, Vec<_>>::new();
    for row in tables.query(&sql, &[location.into(), after.into()]).await?.decode::<SettingRow>()? {
        let scope = scope(&row);
        if let Some(value) = row.setting_value {
            values.entry(row.setting_key).or_default().push((scope, value.0));
        }
    }
    let nearest = values.into_iter().filter_map(|(key, values)| Some((key, resolve(values, place)?)));
    let fetched = usize::try_from(paging.fetch()).unwrap_or(usize::MAX);
    let settings = nearest.take(fetched).map(|(key, (scope, value))| setting(key, scope, value));
    let settings = settings.collect::<Result<Vec<Setting>, _>>()?;
    Ok(paging.page(settings, |last| last.key.clone()))
}

pub(super) fn scope(row: &SettingRow) -> Scope {
    match (row.location_id, row.room_id, row.variant_id) {
        (None, _, _) => Scope::Global,
        (Some(location), Some(room), _) => Scope::Room(location, room),
        (Some(location), None, Some(variant)) => Scope::Variant(location, variant),
        (Some(location), None, None) => Scope::Location(location),
    }
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
