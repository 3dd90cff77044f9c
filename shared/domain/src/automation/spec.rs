//! What an automation does and when; [`faults`](super::faults) tells whether it holds to its bounds.

use jiff::civil::Time;

use crate::{
    ids::{PlugId, RoomId, VariantId},
    values::Name,
};

use super::cron::CronExpression;

/// The whole rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutomationSpec {
    /// What people call it.
    pub name: Name,
    /// The plugs it switches, 1 to 50, each once.
    pub plugs: Vec<PlugId>,
    /// What sets it off.
    pub trigger: Trigger,
    /// What it then does.
    pub action: Action,
    /// When it may.
    pub gates: Gates,
    /// How often and how long at most.
    pub limits: Limits,
}

/// What sets an automation off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Something that happens at the location.
    Event {
        /// What.
        event: TriggerEvent,
        /// Only in this room.
        room: Option<RoomId>,
        /// Only for this variant; plays have one.
        variant: Option<VariantId>,
    },
    /// Set times, in the location's zone.
    Cron {
        /// Which.
        expression: CronExpression,
    },
    /// Every so often, 10 to 86 400 seconds.
    Every {
        /// The interval.
        seconds: u32,
    },
}

/// What happens at a location and can set an automation off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerEvent {
    /// A play began.
    PlayStarted,
    /// A play ended with results.
    PlayFinished,
    /// A play ended without results.
    PlayAborted,
    /// A good wristband was read at a room.
    WristbandScanned,
    /// A room was taken out of service.
    RoomTakenOutOfService,
    /// A room returned to service.
    RoomReturnedToService,
}

impl TriggerEvent {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::PlayStarted,
        Self::PlayFinished,
        Self::PlayAborted,
        Self::WristbandScanned,
        Self::RoomTakenOutOfService,
        Self::RoomReturnedToService,
    ];

    /// As stored and as on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlayStarted => "play_started",
            Self::PlayFinished => "play_finished",
            Self::PlayAborted => "play_aborted",
            Self::WristbandScanned => "wristband_scanned",
            Self::RoomTakenOutOfService => "room_taken_out_of_service",
            Self::RoomReturnedToService => "room_returned_to_service",
        }
    }

    /// Whether it concerns a play, which has a variant.
    #[must_use]
    pub fn is_of_a_play(self) -> bool {
        match self {
            Self::PlayStarted | Self::PlayFinished | Self::PlayAborted => true,
            Self::WristbandScanned | Self::RoomTakenOutOfService | Self::RoomReturnedToService => false,
        }
    }
}

/// What an automation does to its plugs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// On for a time.
    On {
        /// How long, 1 to 86 400.
        seconds: u32,
    },
    /// On until the play that set it off ends; only for a started play.
    WhilePlay,
    /// Off: ends what automations hold on.
    Off,
    /// On for a moment.
    Pulse {
        /// How long, 100 to 10 000.
        milliseconds: u32,
    },
}

/// What must be so for a trigger to take effect. Switching off passes every gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gates {
    /// Only while a play runs, or shortly after.
    pub players_active: Option<PlayersActive>,
    /// Never in these spans of the day, at most 10, in the location's zone.
    pub quiet_hours: Vec<QuietSpan>,
    /// Only within the location's opening hours, if it has said any.
    pub opening_hours: bool,
}

/// Only while a play runs: in the trigger's room if it names one, else anywhere at the location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayersActive {
    /// How long after the last play ended it still counts, 0 to 3 600.
    pub grace_seconds: u32,
}

/// A span of every day; past midnight when it ends before it begins, the whole day from midnight to midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietSpan {
    /// First moment of quiet.
    pub from: Time,
    /// First moment after.
    pub to: Time,
}

impl QuietSpan {
    /// Whether `time` of the day is in it.
    #[must_use]
    pub fn contains(&self, time: Time) -> bool {
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

/// How often and how long at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A trigger this soon after the last that took effect is skipped, 0 to 86 400.
    pub min_interval_seconds: u32,
    /// No plug is on for longer because of this automation, 1 to 86 400.
    pub max_on_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { min_interval_seconds: 0, max_on_seconds: 4 * 60 * 60 }
    }
}
