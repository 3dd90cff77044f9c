//! Routes of settings: one key at one scope.

mod set;
mod unset;
mod value;

use auth::Permission;
use domain::{
    ids::{LocationId, RoomId, VariantId},
    setting::{Scope, SettingKey},
    text_form::{HasTextForm, TextForm},
};
use http_api::{Api, FieldErrors};
use serde::Deserialize;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("settings", "Typed settings at four scopes; the nearest wins.")
        .command(
            "/v1/settings/{key}/set",
            Permission::SETTING_CHANGE,
            "Set a setting for every location\n\nA value nearer to a place still wins there.",
            set::global,
        )
        .command(
            "/v1/settings/{key}/unset",
            Permission::SETTING_CHANGE,
            "Unset a setting for every location",
            unset::global,
        )
        .command(
            "/v1/locations/{location}/settings/{key}/set",
            Permission::SETTING_CHANGE,
            "Set a setting at a location\n\nOr, with `room_id` or `variant_id`, in one of its rooms or for one \
             variant at it. A setting keeps its type as long as it is set.",
            set::local,
        )
        .command(
            "/v1/locations/{location}/settings/{key}/unset",
            Permission::SETTING_CHANGE,
            "Unset a setting at a location\n\nA farther scope's value then shows through.",
            unset::local,
        )
}

/// A setting's key in a path: any text at first, so that the caller hears what is wrong with it.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct KeyText(String);

impl HasTextForm for KeyText {
    const TEXT_FORM: TextForm =
        TextForm { meaning: Some("The setting's key."), format: None, pattern: Some("^[a-z0-9._-]{1,80}$") };
}

impl KeyText {
    fn key(&self, errors: &mut FieldErrors) -> Option<SettingKey> {
        errors.field("key", SettingKey::new(&self.0))
    }
}

/// The scope at `location` that a request names.
fn scope(
    errors: &mut FieldErrors,
    location: LocationId,
    room: Option<&str>,
    variant: Option<&str>,
) -> Option<Scope> {
    match (room, variant) {
        (None, None) => Some(Scope::Location(location)),
        (Some(room), None) => {
            errors.field("room_id", room.parse::<RoomId>()).map(|room| Scope::Room(location, room))
        }
        (None, Some(variant)) => errors
            .field("variant_id", variant.parse::<VariantId>())
            .map(|variant| Scope::Variant(location, variant)),
        (Some(_), Some(_)) => {
            let message = "`room_id` and `variant_id` are both there; send at most one of them";
            errors.refuse("variant_id", "ambiguous", message);
            None
        }
    }
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::json;

    use crate::routes::tests::cases::{Case, command};

    pub(in crate::routes) fn cases() -> Vec<Case> {
        vec![
            command("/v1/settings/{key}/set", |_| json!({"value": "on", "type": "text"}))
                .required(&["value"])
                .any_json(&["value"])
                .free(&["key"])
                .refuses([
                    ("value", json!(1)),
                    ("value", json!("x".repeat(10_001))),
                    ("type", json!("number")),
                ]),
            command("/v1/settings/{key}/unset", |_| json!({}))
                .free(&["key"])
                .after("/v1/settings/{key}/set", |_| json!({"value": true})),
            command(
                "/v1/locations/{location}/settings/{key}/set",
                |world| json!({"value": 1.5, "type": "number", "room_id": world.id("room")}),
            )
            .required(&["value"])
            .any_json(&["value"])
            .free(&["key"])
            .elsewhere(422)
            .refuses([
                ("value", json!(9_007_199_254_740_993_u64)),
                ("type", json!("boolean")),
                ("room_id", json!("x")),
                ("room_id", json!("00000000-0000-0000-0000-000000000000")),
                ("variant_id", json!("00000000-0000-0000-0000-000000000000")),
            ]),
            command(
                "/v1/locations/{location}/settings/{key}/unset",
                |world| json!({"variant_id": world.id("variant")}),
            )
            .after(
                "/v1/locations/{location}/settings/{key}/set",
                |world| json!({"value": 1, "variant_id": world.id("variant")}),
            )
            .free(&["key"])
            .elsewhere(200)
            .refuses([
                ("variant_id", json!("x")),
                ("room_id", json!("00000000-0000-0000-0000-000000000000")),
            ]),
        ]
    }
}
