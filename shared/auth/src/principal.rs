//! Who calls, and the one function that decides whether they may. Knows no route and no store.

use std::sync::Arc;

use domain::ids::LocationId;
use uuid::Uuid;

use super::{KeyKind, Permission, PermissionSet};

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The key's id.
    pub id: Uuid,
    /// What the key is for.
    pub kind: KeyKind,
    /// The one location it may touch; none: every one.
    pub location: Option<LocationId>,
    /// What people call it.
    pub name: Arc<str>,
    /// What it may do.
    pub permissions: PermissionSet,
}

impl Principal {
    /// How events name this caller: `key:<uuid>`.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("key:{}", self.id.as_hyphenated())
    }

    /// Whether `location` is within reach. A query that lists locations filters by this.
    #[must_use]
    pub fn reaches(&self, location: LocationId) -> bool {
        self.location.is_none_or(|own| own == location)
    }
}

/// Where a route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To things of every location, such as the catalogue.
    Global,
    /// To things of this location.
    Location(LocationId),
    /// Below something in the place of a location that cannot be one.
    NoLocation,
}

/// Why a caller may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// This caller may not do this anywhere.
    #[error("the permission {0} is missing")]
    Permission(Permission),
    /// Not at this location, or there is none; a caller is never told which.
    #[error("another location, or none")]
    Location,
}

/// Whether `principal` may do what needs `permission` at `target`. The permission is looked at first, so
/// that the answer about a location never depends on whether it exists.
///
/// # Errors
/// [`Denied`].
pub fn authorize(principal: &Principal, permission: Permission, target: Target) -> Result<(), Denied> {
    if !principal.permissions.contains(permission) {
        return Err(Denied::Permission(permission));
    }
    match target {
        Target::Global => Ok(()),
        Target::Location(location) if principal.reaches(location) => Ok(()),
        Target::Location(_) | Target::NoLocation => Err(Denied::Location),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: LocationId = LocationId(Uuid::from_u128(1));
    const ELSEWHERE: LocationId = LocationId(Uuid::from_u128(2));

    fn principal(kind: KeyKind) -> Principal {
        Principal {
            id: Uuid::from_u128(7),
            kind,
            location: kind.is_bound().then_some(HOME),
            name: "front".into(),
            permissions: kind.permissions(),
        }
    }

    /// What each kind but the administrator's holds. Stated here once more, apart from the table of roles, so that a
    /// slip in either of them fails.
    const HELD: [(KeyKind, &str); 7] = [
        (
            KeyKind::Kiosk,
            "location:read game:read room:read setting:read occupancy:read leaderboard:read wristband:read \
             wristband:scan play:read play:start play:finish play:abort",
        ),
        (
            KeyKind::Pos,
            "location:read game:read room:read setting:read occupancy:read leaderboard:read player:read \
             player:register player:correct player:sign wristband:read wristband:initialize wristband:assign \
             wristband:scan wristband:add_time wristband:transfer wristband:set_end wristband:pass wristband:void party:admit \
             room:service play:abort play:correct play:read plug:read plug:ask \
             automation:read automation:force",
        ),
        (
            KeyKind::Tablet,
            "location:read game:read room:read setting:read occupancy:read leaderboard:read player:read \
             player:register player:correct player:sign wristband:read",
        ),
        (
            KeyKind::GameEngine,
            "location:read game:read room:read setting:read occupancy:read leaderboard:read wristband:read \
             play:read play:start play:finish play:abort",
        ),
        (
            KeyKind::Screen,
            "location:read game:read room:read setting:read occupancy:read leaderboard:read wristband:read \
             play:read projection:read",
        ),
        (
            KeyKind::DeviceWorker,
            "location:read game:read room:read setting:read occupancy:read leaderboard:read play:read plug:read \
             plug:report automation:read",
        ),
        (
            KeyKind::Integration,
            "location:read game:read room:read setting:read occupancy:read leaderboard:read player:read \
             wristband:read play:read plug:read automation:read projection:read",
        ),
    ];

    const TARGETS: [Target; 4] =
        [Target::Global, Target::Location(HOME), Target::Location(ELSEWHERE), Target::NoLocation];

    /// The answers at each target, in their order, to a caller who holds the permission.
    fn answers(kind: KeyKind) -> [Result<(), Denied>; 4] {
        match kind {
            KeyKind::Admin => [Ok(()), Ok(()), Ok(()), Err(Denied::Location)],
            _ => [Ok(()), Ok(()), Err(Denied::Location), Err(Denied::Location)],
        }
    }

    /// Every kind, permission and target.
    #[test]
    fn a_caller_may_do_what_the_table_says_and_nothing_else() {
        for kind in KeyKind::ALL {
            let held = HELD.iter().find(|(held_by, _)| *held_by == kind).map(|(_, held)| *held);
            assert_eq!(held.is_none(), kind == KeyKind::Admin, "{kind} has no row");
            for &permission in Permission::ALL {
                let text = permission.to_string();
                let holds = held.is_none_or(|held| held.split(' ').any(|held| held == text));
                for (target, answer) in TARGETS.into_iter().zip(answers(kind)) {
                    let expected = if holds { answer } else { Err(Denied::Permission(permission)) };
                    let actual = authorize(&principal(kind), permission, target);
                    assert_eq!(actual, expected, "{kind} {permission} {target:?}");
                }
            }
            for text in held.into_iter().flat_map(|held| held.split(' ')) {
                let known = Permission::ALL.iter().any(|permission| permission.to_string() == text);
                assert!(known, "no permission is {text}");
            }
        }
    }

    #[test]
    fn the_actor_names_the_key() {
        assert_eq!(principal(KeyKind::Pos).actor(), "key:00000000-0000-0000-0000-000000000007");
    }
}
