//! Routes of parties: families who come together. Requests hold personal data, so none is printed by `Debug`.

mod admit;

use auth::Permission;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("parties", "Families who come together.").command(
        "/v1/locations/{location}/parties",
        Permission::PARTY_ADMIT,
        "Admit a party\n\nFamilies with children, a waiver and wristbands, in one command. A family comes in whole or \
         is refused alone. Whoever is known already, by the family's e-mail and the child's names and birth date, is \
         not registered again.",
        admit::handler,
    )
}

/// How each is tried out.
#[cfg(test)]
pub(super) mod cases {
    use serde_json::{Value, json};

    use crate::routes::tests::cases::{Case, command};

    fn family(email: &str) -> Value {
        json!({
            "guardian": {
                "first_name": "Eva", "last_name": "Lind", "email": email, "phone": "030 123456",
                "birth_date": "1990-05-31",
            },
            "children": [{"first_name": "Tim", "last_name": "Lind", "birth_date": "2016-03-01"}],
            "waiver": {"version": "2026-1", "signed_by": "Eva Lind"},
            "wristbands": [
                {"uid": "P-1", "for": "guardian", "minutes": 60, "starts": "first_scan"},
                {"uid": "P-2", "for": 0, "minutes": 60, "starts": "first_scan"},
            ],
        })
    }

    fn with(change: impl FnOnce(&mut Value)) -> Value {
        let mut family = family("eva@example.org");
        change(&mut family);
        json!([family])
    }

    pub(in crate::routes) fn cases() -> Vec<Case> {
        vec![
            command(
                "/v1/locations/{location}/parties",
                |_| json!({"families": [family("eva@example.org"), family("eva.lind@example.org")]}),
            )
            .required(&["families"])
            .elsewhere(200)
            .refuses([
                ("families", json!([])),
                ("families", json!(vec![family("eva@example.org"); 61])),
                ("families", with(|family| family["guardian"]["email"] = json!("eva"))),
                ("families", with(|family| family["guardian"]["first_name"] = json!(""))),
                ("families", with(|family| family["children"][0]["birth_date"] = json!("soon"))),
                ("families", with(|family| family["wristbands"][0]["for"] = json!("nobody"))),
                ("families", with(|family| family["wristbands"][1]["for"] = json!(1))),
                ("families", with(|family| family["wristbands"][1]["minutes"] = json!(0))),
                ("families", with(|family| family["waiver"]["signed_by"] = json!(""))),
            ]),
        ]
    }
}
