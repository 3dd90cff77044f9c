//! Cases of players.

use serde_json::json;

use super::{super::world::guardian, Case, command, creation};

pub(super) fn cases() -> Vec<Case> {
    vec![
        creation("/v1/locations/{location}/players", |_| guardian("Chris@example.org"))
            .required(&["first_name", "last_name", "email", "birth_date"])
            .refuses([
                ("first_name", json!("")),
                ("last_name", json!("x".repeat(101))),
                ("email", json!("chris")),
                ("email", json!("chris@example")),
                ("birth_date", json!("31.05.1990")),
                ("birth_date", json!("1990-02-30")),
                ("birth_date", json!("2026-06-11")),
                ("birth_date", json!("2010-01-01")),
                ("birth_date", json!("1890-01-01")),
            ]),
        creation(
            "/v1/locations/{location}/players/{player}/dependants",
            |_| json!({"first_name": "Cy", "last_name": "Ruiz", "birth_date": "2026-06-10"}),
        )
        .required(&["first_name", "last_name", "birth_date"])
        .elsewhere(404)
        .refuses([("first_name", json!(" ")), ("birth_date", json!("2026-06-11"))]),
        command("/v1/locations/{location}/players/{player}/correct", |_| guardian("ana.ruiz@example.org"))
            .required(&["first_name", "last_name", "birth_date"])
            .refuses([
                ("first_name", json!("")),
                ("email", json!(null)),
                ("email", json!("@")),
                ("birth_date", json!("2015-01-01")),
            ]),
        command(
            "/v1/locations/{location}/players/{player}/waivers",
            |_| json!({"version": "2026-2", "signed_by": "Ana Ruiz", "expires_at": "2026-12-31T23:00:00Z"}),
        )
        .required(&["version", "signed_by"])
        .refuses([
            ("version", json!("")),
            ("version", json!("x".repeat(41))),
            ("signed_by", json!("")),
            ("expires_at", json!("tomorrow")),
            ("expires_at", json!("2026-06-10T12:00:00Z")),
            ("expires_at", json!("2031-06-10T12:00:01Z")),
        ]),
        command("/v1/locations/{location}/players/{player}/erase", |_| json!({})),
    ]
}
