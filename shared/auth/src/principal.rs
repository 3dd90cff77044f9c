//! Who calls, and the one function that decides whether they may. Knows no route and no store.

use std::sync::Arc;

use uuid::Uuid;

use super::{KeyKind, Permission, PermissionSet};
use domain::ids::LocationId;

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

    /// Every kind × permission × target, against the rule said another way.
    #[test]
    fn authorize_table() {
        for kind in KeyKind::ALL {
            for &permission in Permission::ALL {
                for target in
                    [Target::Global, Target::Location(HOME), Target::Location(ELSEWHERE), Target::NoLocation]
                {
                    let held = kind.permissions().iter().any(|p| p == permission);
                    let far = target == Target::Location(ELSEWHERE) && kind != KeyKind::Admin;
                    let expected = match (held, far || target == Target::NoLocation) {
                        (false, _) => Err(Denied::Permission(permission)),
                        (true, true) => Err(Denied::Location),
                        (true, false) => Ok(()),
                    };
                    let actual = authorize(&principal(kind), permission, target);
                    assert_eq!(actual, expected, "{kind} {permission} {target:?}");
                }
            }
        }
    }

    #[test]
    fn a_few_cells_by_hand() {
        let may = |kind, permission| authorize(&principal(kind), permission, Target::Location(HOME)).is_ok();
        assert!(may(KeyKind::Kiosk, Permission::WRISTBAND_SCAN));
        assert!(may(KeyKind::GameEngine, Permission::PLAY_FINISH));
        assert!(may(KeyKind::Pos, Permission::WRISTBAND_INITIALIZE));
        assert!(may(KeyKind::Tablet, Permission::PLAYER_SIGN));
        assert!(may(KeyKind::DeviceWorker, Permission::PLUG_REPORT));
        assert!(!may(KeyKind::Kiosk, Permission::WRISTBAND_INITIALIZE));
        assert!(!may(KeyKind::Tablet, Permission::WRISTBAND_INITIALIZE));
        assert!(!may(KeyKind::Screen, Permission::PLAY_FINISH));
        assert!(!may(KeyKind::GameEngine, Permission::PLAYER_READ));
    }

    #[test]
    fn the_actor_names_the_key() {
        assert_eq!(principal(KeyKind::Pos).actor(), "key:00000000-0000-0000-0000-000000000007");
    }
}
