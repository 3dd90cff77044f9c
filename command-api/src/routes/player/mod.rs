//! Routes of players: guardians and their families. Requests hold personal data, so none is printed by
//! `Debug`.

mod add_dependant;
mod correct;
mod erase;
mod move_dependant;
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
            "Add a dependant to a guardian's family\n\nWhoever is in the family already, by names and birth date, is \
             answered with 200.",
            add_dependant::handler,
        )
        .command(
            "/v1/locations/{location}/players/{player}/correct",
            Permission::PLAYER_CORRECT,
            "Correct a person's details\n\nWhat is sent replaces what was known; the rest stays.",
            correct::handler,
        )
        .command(
            "/v1/locations/{location}/players/{player}/move",
            Permission::PLAYER_CORRECT,
            "Move a dependant to another guardian's family",
            move_dependant::handler,
        )
        .command(
            "/v1/locations/{location}/players/{player}/waivers",
            Permission::PLAYER_SIGN,
            "Sign a waiver\n\nBy the player, or by an adult of the family for a minor; the name of a minor of the \
             family is refused. The same version again renews it.",
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

pub(super) fn birth_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    fields::optional_text(deserializer, date)
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
            creation("/v1/locations/{location}/players", |_| json!({
                "first_name": "Ana", "last_name": "Ruiz", "email": "Chris@example.org", "birth_date": "1990-05-31",
                "adult_declared": true, "phone": "+49 30 123456",
            }))
                .required(&["first_name", "email"])
                .refuses([
                    ("phone", json!("call me")),
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
                |_| json!({
                    "first_name": "Cy", "last_name": "Ruiz", "birth_date": "2026-06-10", "adult_declared": false,
                    "phone": "030 123456",
                }),
            )
            .required(&["first_name"])
            .elsewhere(404)
            .refuses([("first_name", json!(" ")), ("birth_date", json!("2026-06-11"))]),
            command("/v1/locations/{location}/players/{player}/correct", |_| guardian("ana.ruiz@example.org"))
                .refuses([
                    ("first_name", json!("")),
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
                ("drawing", json!("<script>")),
                ("expires_at", json!("tomorrow")),
                ("expires_at", json!("2026-06-10T12:00:00Z")),
                ("expires_at", json!("2031-06-10T12:00:01Z")),
            ]),
            command(
                "/v1/locations/{location}/players/{player}/move",
                |world| json!({"guardian_id": world.id("second_guardian")}),
            )
            .of_dependant()
            .required(&["guardian_id"])
            .refuses([("guardian_id", json!("00000000-0000-0000-0000-000000000000"))]),
            command("/v1/locations/{location}/players/{player}/erase", |_| json!({})),
        ]
    }
}
