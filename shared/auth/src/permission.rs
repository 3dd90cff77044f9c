//! What can be allowed: one permission per `<aggregate>:<action>`, and sets of them as bits, so that the
//! check of a request is one `and`. Which caller holds which is decided in [`super::roles`], not here.

use std::fmt;

/// One thing a caller may or may not do. Written `<aggregate>:<action>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission(u8);

/// A set of permissions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct PermissionSet(u128);

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "numbers the constants below")]
        #[repr(u8)]
        enum Number { $($name,)* }

        const NAMES: &[&str] = &[$($text,)*];

        impl Permission {
            $(
                $(#[$doc])*
                pub const $name: Self = Self(Number::$name as u8);
            )*

            /// Every permission there is, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

permissions! {
    /// Open a venue.
    LOCATION_OPEN = "location:open";
    /// Rename a venue.
    LOCATION_RENAME = "location:rename";
    /// Change a venue's time zone, reward tiers and opening hours.
    LOCATION_CONFIGURE = "location:configure";
    /// Close a venue for anything new.
    LOCATION_DISABLE = "location:disable";
    /// Open a closed venue again.
    LOCATION_ENABLE = "location:enable";
    /// See venues (a caller bound to one sees that one).
    LOCATION_READ = "location:read";

    /// Add a game to the catalogue.
    GAME_ADD = "game:add";
    /// Change a game.
    GAME_CHANGE = "game:change";
    /// Retire a game.
    GAME_RETIRE = "game:retire";
    /// Add, change and retire variants of a game.
    GAME_VARIANTS = "game:variants";
    /// See the catalogue.
    GAME_READ = "game:read";

    /// Install a game in a new room.
    ROOM_INSTALL = "room:install";
    /// Change a room's controllers and overrides.
    ROOM_RECONFIGURE = "room:reconfigure";
    /// Activate and deactivate variants in a room.
    ROOM_VARIANTS = "room:variants";
    /// Take a room out of service and return it.
    ROOM_SERVICE = "room:service";
    /// See rooms.
    ROOM_READ = "room:read";

    /// Register guardians and add dependants.
    PLAYER_REGISTER = "player:register";
    /// Correct a person's details.
    PLAYER_CORRECT = "player:correct";
    /// Sign a waiver.
    PLAYER_SIGN = "player:sign";
    /// Erase a person for ever.
    PLAYER_ERASE = "player:erase";
    /// See persons and families: names, e-mail, birth dates.
    PLAYER_READ = "player:read";

    /// Admit parties: register families, have them sign, and give them bands, in one command.
    PARTY_ADMIT = "party:admit";

    /// Put bought time on a band, also in bulk.
    WRISTBAND_INITIALIZE = "wristband:initialize";
    /// Give a band to a player.
    WRISTBAND_ASSIGN = "wristband:assign";
    /// Scan a band in front of a room.
    WRISTBAND_SCAN = "wristband:scan";
    /// Add time and renew.
    WRISTBAND_ADD_TIME = "wristband:add_time";
    /// Choose when a band's time is over.
    WRISTBAND_SET_END = "wristband:set_end";
    /// Issue passes, which are good for days.
    WRISTBAND_PASS = "wristband:pass";
    /// Move what is left to another band.
    WRISTBAND_TRANSFER = "wristband:transfer";
    /// Make a band worthless.
    WRISTBAND_VOID = "wristband:void";
    /// See bands and their play summaries.
    WRISTBAND_READ = "wristband:read";

    /// Start a play.
    PLAY_START = "play:start";
    /// Finish a play with its results.
    PLAY_FINISH = "play:finish";
    /// Abort a play.
    PLAY_ABORT = "play:abort";
    /// Correct and void scores.
    PLAY_CORRECT = "play:correct";
    /// See the history of plays.
    PLAY_READ = "play:read";

    /// See leaderboards.
    LEADERBOARD_READ = "leaderboard:read";
    /// See which rooms are busy now.
    OCCUPANCY_READ = "occupancy:read";

    /// Set and unset settings.
    SETTING_CHANGE = "setting:change";
    /// See settings.
    SETTING_READ = "setting:read";

    /// Register plugs and report what became of them, and of automations.
    PLUG_REPORT = "plug:report";
    /// Bind plugs to rooms, rename and retire them.
    PLUG_MANAGE = "plug:manage";
    /// Want a plug on or off for a time.
    PLUG_ASK = "plug:ask";
    /// See plugs and their history.
    PLUG_READ = "plug:read";

    /// Create, change, enable and disable automations.
    AUTOMATION_MANAGE = "automation:manage";
    /// Force automations on or off for a time, and pulse them.
    AUTOMATION_FORCE = "automation:force";
    /// See automations and their log.
    AUTOMATION_READ = "automation:read";

    /// See how far each projection is.
    PROJECTION_READ = "projection:read";
}

// A set has one bit a permission.
const _: () = assert!(NAMES.len() <= 128);

impl Permission {
    /// `<aggregate>:<action>`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PermissionSet {
    /// No permission.
    pub const NONE: Self = Self(0);

    /// These permissions.
    #[must_use]
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < permissions.len() {
            bits |= 1 << permissions[at].0;
            at += 1;
        }
        Self(bits)
    }

    /// Every permission.
    #[must_use]
    pub const fn all() -> Self {
        Self::of(Permission::ALL)
    }

    /// What is in either.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `permission` is in it.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission.0) != 0
    }

    /// The permissions in it, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_have_the_one_form() {
        let names: HashSet<_> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
        for name in names {
            let (aggregate, action) = name.split_once(':').unwrap();
            let plain = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(
                plain(aggregate) && plain(action) && !aggregate.is_empty() && !action.is_empty(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let set = PermissionSet::of(&[Permission::PLAY_START, Permission::PROJECTION_READ]);
        let held: Vec<_> = set.iter().collect();
        assert_eq!(held, [Permission::PLAY_START, Permission::PROJECTION_READ]);
        assert!(PermissionSet::NONE.iter().next().is_none());
        assert_eq!(PermissionSet::all().iter().count(), Permission::ALL.len());
        let both = set.with(PermissionSet::of(&[Permission::GAME_ADD]));
        assert!(both.contains(Permission::GAME_ADD) && both.contains(Permission::PLAY_START));
    }
}
