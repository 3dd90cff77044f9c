//! What a variant is, and the bounds of everything it says.

use super::GameError;
use crate::values::{Name, visible_lines};

/// How the players of a variant stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Together, against the room.
    Alliance,
    /// Against each other.
    Pvp,
    /// By the game's own rules.
    Custom,
}

/// Everything about a variant but its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantSpec {
    /// What people call it.
    pub name: Name,
    /// How players stand to each other.
    pub mode: Mode,
    /// How many levels it has, 1 to 100.
    pub levels: u32,
    /// Most iterations of a play, 1 to 1 000.
    pub max_iterations: u32,
    /// Length of one iteration, 1 to 3 600 seconds.
    pub iteration_seconds: u32,
    /// Most players, 1 to the game's own.
    pub max_players: u32,
    /// For the players, at most 5 000 characters; may be empty.
    pub instructions: String,
    /// `https` links to pictures and videos, at most 20.
    pub media_links: Vec<String>,
}

/// Parts of a variant that somebody chose; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariantChanges {
    /// See [`VariantSpec::name`].
    pub name: Option<Name>,
    /// See [`VariantSpec::mode`].
    pub mode: Option<Mode>,
    /// See [`VariantSpec::levels`].
    pub levels: Option<u32>,
    /// See [`VariantSpec::max_iterations`].
    pub max_iterations: Option<u32>,
    /// See [`VariantSpec::iteration_seconds`].
    pub iteration_seconds: Option<u32>,
    /// See [`VariantSpec::max_players`].
    pub max_players: Option<u32>,
    /// See [`VariantSpec::instructions`].
    pub instructions: Option<String>,
    /// See [`VariantSpec::media_links`].
    pub media_links: Option<Vec<String>>,
}

impl VariantSpec {
    /// A variant that says nothing more: 1 level, 10 iterations of 60 seconds, no instructions, no media.
    #[must_use]
    pub fn new(name: Name, mode: Mode, max_players: u32) -> Self {
        Self {
            name,
            mode,
            levels: 1,
            max_iterations: 10,
            iteration_seconds: 60,
            max_players,
            instructions: String::new(),
            media_links: vec![],
        }
    }

    /// This variant with `changes`.
    #[must_use]
    pub fn with(self, changes: VariantChanges) -> Self {
        Self {
            name: changes.name.unwrap_or(self.name),
            mode: changes.mode.unwrap_or(self.mode),
            levels: changes.levels.unwrap_or(self.levels),
            max_iterations: changes.max_iterations.unwrap_or(self.max_iterations),
            iteration_seconds: changes.iteration_seconds.unwrap_or(self.iteration_seconds),
            max_players: changes.max_players.unwrap_or(self.max_players),
            instructions: changes.instructions.unwrap_or(self.instructions),
            media_links: changes.media_links.unwrap_or(self.media_links),
        }
    }

    /// A play running longer than this is aborted.
    #[must_use]
    pub fn longest_play_seconds(&self) -> i64 {
        i64::from(self.max_iterations) * i64::from(self.iteration_seconds)
    }

    /// Every bound, the game's own players included.
    pub(super) fn check(&self, game_max_players: u32) -> Result<(), GameError> {
        in_range("levels", 100, self.levels)?;
        in_range("max_iterations", 1_000, self.max_iterations)?;
        in_range("iteration_seconds", 3_600, self.iteration_seconds)?;
        in_range("max_players", game_max_players, self.max_players)?;
        visible_lines(&self.instructions, 5_000).map_err(|why| GameError::Instructions { why })?;
        check_media_links(&self.media_links)
    }
}

/// `actual` is 1 to `max`.
pub(super) fn in_range(field: &'static str, max: u32, actual: u32) -> Result<(), GameError> {
    if (1..=max).contains(&actual) { Ok(()) } else { Err(GameError::OutOfRange { field, max, actual }) }
}

fn check_media_links(links: &[String]) -> Result<(), GameError> {
    if links.len() > 20 {
        return Err(GameError::MediaLinkCount { count: links.len() });
    }
    let bad = links.iter().position(|link| !is_https_link(link));
    bad.map_or(Ok(()), |index| Err(GameError::MediaLink { number: index + 1 }))
}

/// Whether `link` is `https`, names a host, and holds nothing that a page could take for its own markup.
fn is_https_link(link: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b);
    let host = |rest: &str| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A user name before the host is a disguise for it.
        authority.starts_with(|c: char| c.is_ascii_alphanumeric()) && !authority.contains('@')
    };
    link.len() <= 2_000 && link.bytes().all(plain) && link.strip_prefix("https://").is_some_and(host)
}
