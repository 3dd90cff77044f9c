//! Routes of players: guardians and their families. Requests hold personal data, so none is printed by
//! `Debug`.

mod add_dependant;
mod correct;
mod erase;
mod register;
mod sign_waiver;

use auth::{Permission, Principal};
use domain::values::InvalidValue;
use http_api::{Api, Problem};
use jiff::civil::Date;
use serde::Deserializer;

use crate::{
    CommandApi,
    routes::{fields, problem::EXISTING},
};

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("players", "Guardians, their dependants and their waivers.")
        .command(
            "/v1/locations/{location}/players",
            Permission::PLAYER_REGISTER,
            "Register a guardian\n\nAn adult, the head of a family. The e-mail is the family's key, unique at \
             the location: where it is known, the 409 gives the family's guardian as `existing_id` to who may \
             read players.",
            register::handler,
        )
        .command(
            "/v1/locations/{location}/players/{player}/dependants",
            Permission::PLAYER_REGISTER,
            "Add a dependant to a guardian's family",
            add_dependant::handler,
        )
        .command(
            "/v1/locations/{location}/players/{player}/correct",
            Permission::PLAYER_CORRECT,
            "Correct a person's details\n\nAll of them: what is sent replaces what was known.",
            correct::handler,
        )
        .command(
            "/v1/locations/{location}/players/{player}/waivers",
            Permission::PLAYER_SIGN,
            "Sign a waiver\n\nFor the player, or by the guardian for a dependant. The same version again \
             renews it.",
            sign_waiver::handler,
        )
        .command(
            "/v1/locations/{location}/players/{player}/erase",
            Permission::PLAYER_ERASE,
            "Erase a person for ever\n\nA guardian with all dependants. Their personal data can never be read \
             again, old backups included.",
            erase::handler,
        )
}

/// `problem` as `caller` may see it: only who may read players learns which family has an e-mail address.
fn seen_by(caller: &Principal, problem: Problem) -> Problem {
    if caller.permissions.contains(Permission::PLAYER_READ) { problem } else { problem.without(EXISTING) }
}

fn birth_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    fields::text(deserializer, date, Date::ZERO)
}

/// `2014-05-31`, and none of the other ways to write a date.
fn date(text: &str) -> Result<Date, InvalidValue> {
    let malformed = InvalidValue::Malformed { expected: "a date such as 2014-05-31" };
    if text.len() != "2014-05-31".len() {
        return Err(malformed);
    }
    text.parse().map_err(|_| malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_in_one_way() {
        assert_eq!(date("2014-05-31"), Ok(Date::constant(2014, 5, 31)));
        let others =
            ["", "2014-5-31", "20140531", "2014-02-30", "31.05.2014", "2014-05-31T10:00", "2014-W22-6 ", "x"];
        for other in others {
            assert!(date(other).is_err(), "{other}");
        }
    }
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::json;

    use crate::routes::tests::{
        cases::{Case, command, creation},
        world::guardian,
    };

    pub(in crate::routes) fn cases() -> Vec<Case> {
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
}
