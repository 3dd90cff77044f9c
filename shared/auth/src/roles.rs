//! The role table: which kind of caller may do what. The only place that says so.

use std::{fmt, str::FromStr};

use super::{Permission as P, PermissionSet};

/// What an API key is for. It decides what the key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Everything, everywhere.
    Admin,
    /// The screen and scanner in front of a room.
    Kiosk,
    /// The till at the front desk.
    Pos,
    /// The tablet where families register and sign.
    Tablet,
    /// The engine that runs the games of a room.
    GameEngine,
    /// A scorecard screen.
    Screen,
    /// The process that switches a venue's plugs.
    DeviceWorker,
    /// Another company's system that reads.
    Integration,
}

/// What shows a venue without naming a person.
const VENUE: PermissionSet = PermissionSet::of(&[
    P::LOCATION_READ,
    P::GAME_READ,
    P::ROOM_READ,
    P::SETTING_READ,
    P::OCCUPANCY_READ,
    P::LEADERBOARD_READ,
]);

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Admin,
        Self::Kiosk,
        Self::Pos,
        Self::Tablet,
        Self::GameEngine,
        Self::Screen,
        Self::DeviceWorker,
        Self::Integration,
    ];

    /// What a key of this kind may do, at its own location (an admin's: anywhere).
    #[must_use]
    pub const fn permissions(self) -> PermissionSet {
        match self {
            Self::Admin => PermissionSet::all(),
            Self::Kiosk => VENUE.with(PermissionSet::of(&[
                P::WRISTBAND_READ,
                P::WRISTBAND_SCAN,
                P::PLAY_READ,
                P::PLAY_START,
                P::PLAY_FINISH,
                P::PLAY_ABORT,
            ])),
            Self::Pos => VENUE.with(PermissionSet::of(&[
                P::PLAYER_READ,
                P::PLAYER_REGISTER,
                P::PLAYER_CORRECT,
                P::PLAYER_SIGN,
                P::PARTY_ADMIT,
                P::WRISTBAND_READ,
                P::WRISTBAND_INITIALIZE,
                P::WRISTBAND_ASSIGN,
                P::WRISTBAND_SCAN,
                P::WRISTBAND_ADD_TIME,
                P::WRISTBAND_SET_END,
                P::WRISTBAND_PASS,
                P::WRISTBAND_TRANSFER,
                P::WRISTBAND_VOID,
                P::ROOM_SERVICE,
                P::PLAY_READ,
                P::PLAY_ABORT,
                P::PLAY_CORRECT,
                P::PLUG_READ,
                P::PLUG_ASK,
                P::AUTOMATION_READ,
                P::AUTOMATION_FORCE,
            ])),
            Self::Tablet => VENUE.with(PermissionSet::of(&[
                P::PLAYER_READ,
                P::PLAYER_REGISTER,
                P::PLAYER_CORRECT,
                P::PLAYER_SIGN,
                P::WRISTBAND_READ,
            ])),
            Self::GameEngine => VENUE.with(PermissionSet::of(&[
                P::WRISTBAND_READ,
                P::PLAY_READ,
                P::PLAY_START,
                P::PLAY_FINISH,
                P::PLAY_ABORT,
            ])),
            Self::Screen => {
                VENUE.with(PermissionSet::of(&[P::WRISTBAND_READ, P::PLAY_READ, P::PROJECTION_READ]))
            }
            Self::DeviceWorker => VENUE.with(PermissionSet::of(&[
                P::PLAY_READ,
                P::PLUG_READ,
                P::PLUG_REPORT,
                P::AUTOMATION_READ,
            ])),
            Self::Integration => VENUE.with(PermissionSet::of(&[
                P::PLAYER_READ,
                P::WRISTBAND_READ,
                P::PLAY_READ,
                P::PLUG_READ,
                P::AUTOMATION_READ,
                P::PROJECTION_READ,
            ])),
        }
    }

    /// Whether a key of this kind is good for one location only.
    #[must_use]
    pub const fn is_bound(self) -> bool {
        !matches!(self, Self::Admin)
    }

    /// As stored and as written in a key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Kiosk => "kiosk",
            Self::Pos => "pos",
            Self::Tablet => "tablet",
            Self::GameEngine => "game-engine",
            Self::Screen => "screen",
            Self::DeviceWorker => "device-worker",
            Self::Integration => "integration",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key's kind must be admin, kiosk, pos, tablet, game-engine, screen, device-worker or integration")]
pub struct UnknownKind;

impl FromStr for KeyKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_read_back_as_written() {
        for kind in KeyKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert!(UnknownKind.to_string().contains(kind.as_str()));
        }
        assert_eq!("root".parse::<KeyKind>(), Err(UnknownKind));
    }

    #[test]
    fn only_an_admin_shapes_the_business() {
        let shaping = [
            P::LOCATION_OPEN,
            P::LOCATION_DISABLE,
            P::GAME_ADD,
            P::GAME_RETIRE,
            P::ROOM_INSTALL,
            P::PLAYER_ERASE,
            P::SETTING_CHANGE,
            P::PLUG_MANAGE,
            P::AUTOMATION_MANAGE,
        ];
        for kind in KeyKind::ALL {
            for permission in shaping {
                assert_eq!(
                    kind.permissions().contains(permission),
                    kind == KeyKind::Admin,
                    "{kind} {permission}"
                );
            }
        }
    }

    #[test]
    fn plugs_are_switched_at_the_desk_and_reported_by_the_worker() {
        let holding = |permission| {
            let holds = |kind: &KeyKind| kind.permissions().contains(permission);
            KeyKind::ALL.into_iter().filter(holds).collect::<Vec<_>>()
        };
        for permission in [P::PLUG_ASK, P::AUTOMATION_FORCE] {
            assert_eq!(holding(permission), [KeyKind::Admin, KeyKind::Pos], "{permission}");
        }
        assert_eq!(holding(P::PLUG_REPORT), [KeyKind::Admin, KeyKind::DeviceWorker]);
    }

    #[test]
    fn readers_change_nothing() {
        for kind in [KeyKind::Screen, KeyKind::Integration] {
            let changing: Vec<_> =
                kind.permissions().iter().filter(|p| !p.as_str().ends_with(":read")).collect();
            assert_eq!(changing, [], "{kind}");
        }
    }

    #[test]
    fn personal_data_is_seen_at_the_desk_and_by_whom_it_was_given_to() {
        let seeing: Vec<_> =
            KeyKind::ALL.into_iter().filter(|kind| kind.permissions().contains(P::PLAYER_READ)).collect();
        assert_eq!(seeing, [KeyKind::Admin, KeyKind::Pos, KeyKind::Tablet, KeyKind::Integration]);
    }
}
