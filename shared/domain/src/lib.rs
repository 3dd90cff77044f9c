//! The venue's rules: pure functions over values. No IO, no clock, no randomness, no panic.
//!
//! An aggregate is a folder: `event` (past-tense facts, the state that decisions need, and how it follows from
//! the facts), `command` (imperative, carrying time, ids and facts of other aggregates, and what is decided on
//! it), `error` (a named variant a broken rule) and `tests`. A decision over several streams is a function in the
//! `cross_stream` file of the aggregate that leads it; it calls the deciders and returns [`Change`]s.

pub mod automation;
pub mod checked;
pub mod claim;
pub mod email;
pub mod game;
pub mod ids;
pub mod location;
pub mod log;
pub mod party;
pub mod phone;
pub mod play;
pub mod player;
pub mod plug;
pub mod room;
pub mod setting;
pub mod text;
pub mod text_form;
pub mod values;
pub mod wristband;

use std::fmt;

use ids::StreamName;
use uuid::Uuid;

/// Any fact of the domain.
#[derive(Clone, Debug, PartialEq)]
pub enum DomainEvent {
    /// A unique key.
    Claim(claim::ClaimEvent),
    /// A venue.
    Location(location::LocationEvent),
    /// A game of the catalogue.
    Game(game::GameEvent),
    /// A room.
    Room(room::RoomEvent),
    /// A person.
    Player(player::PlayerEvent),
    /// A wristband.
    Wristband(wristband::WristbandEvent),
    /// A play.
    Play(play::PlayEvent),
    /// A setting.
    Setting(setting::SettingEvent),
    /// A plug.
    Plug(plug::PlugEvent),
    /// A rule that switches plugs.
    Automation(automation::AutomationEvent),
}

/// One kind of thing with a history: how its state follows from its events.
pub trait Aggregate {
    /// Its facts.
    type Event: Into<DomainEvent>;
    /// What decisions need to know; `Default` is "nothing happened yet".
    type State: Default + Clone + Send + Sync + 'static;
    /// First part of its stream names.
    const CATEGORY: &'static str;

    /// The state after `event`: total, whatever the order.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// The event, if it is one of this aggregate's.
    fn event_of(event: &DomainEvent) -> Option<&Self::Event>;
}

macro_rules! aggregate_events {
    ($($variant:ident: $event:ty),* $(,)?) => {
        $(impl From<$event> for DomainEvent {
            fn from(event: $event) -> Self {
                Self::$variant(event)
            }
        })*
    };
}
aggregate_events! {
    Claim: claim::ClaimEvent,
    Location: location::LocationEvent,
    Game: game::GameEvent,
    Room: room::RoomEvent,
    Player: player::PlayerEvent,
    Wristband: wristband::WristbandEvent,
    Play: play::PlayEvent,
    Setting: setting::SettingEvent,
    Plug: plug::PlugEvent,
    Automation: automation::AutomationEvent,
}

macro_rules! streams {
    ($($id:ident: $aggregate:ty),* $(,)?) => {
        $(impl ids::$id {
            /// The stream that holds this thing's history.
            #[must_use]
            pub fn stream(&self) -> StreamName {
                StreamName::new(<$aggregate>::CATEGORY, self)
            }
        })*
    };
}
streams! {
    LocationId: location::Location,
    GameId: game::Game,
    RoomId: room::Room,
    PlayerId: player::Player,
    PlayId: play::Play,
    PlugId: plug::Plug,
    AutomationId: automation::Automation,
}

impl ids::WristbandUid {
    /// The stream of this band at `location`: a uid means nothing outside its venue.
    #[must_use]
    pub fn stream(&self, location: ids::LocationId) -> StreamName {
        StreamName::new(wristband::Wristband::CATEGORY, format_args!("{location}:{self}"))
    }
}

/// One fact for one stream: what a decision over several streams consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The stream.
    pub stream: StreamName,
    /// The fact.
    pub event: DomainEvent,
}

impl Change {
    /// `events` of one aggregate, all for `stream`.
    pub fn all<E: Into<DomainEvent>>(stream: &StreamName, events: impl IntoIterator<Item = E>) -> Vec<Self> {
        events.into_iter().map(|event| Self { stream: stream.clone(), event: event.into() }).collect()
    }
}

/// Which answer a refusal deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The thing does not exist (here).
    NotFound,
    /// The thing's state stands against it now: taken, busy, already over.
    Conflict,
    /// What was asked for is never allowed.
    Rule,
}

/// A broken rule as an error type of an aggregate.
pub trait BrokenRule: std::error::Error {
    /// Stable, `snake_case`, never reused: the last part of the problem's `type`.
    fn code(&self) -> &'static str;
    /// Which answer it deserves.
    fn kind(&self) -> RefusalKind;
    /// The thing that stands against it, where the caller may want that one instead.
    fn existing(&self) -> Option<Uuid> {
        None
    }
}

/// A decision's "no": for every caller alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// See [`BrokenRule::code`].
    pub code: &'static str,
    /// See [`BrokenRule::kind`].
    pub kind: RefusalKind,
    /// For the person at the other end: what is wrong and what to change.
    pub message: String,
    /// The part of what was asked for that it is about, as a path such as `plug_ids/1`, where one is.
    pub field: Option<String>,
    /// See [`BrokenRule::existing`].
    pub existing: Option<Uuid>,
}

impl Refusal {
    /// On account of this part of what was asked for.
    #[must_use]
    pub fn of_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl<E: BrokenRule> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self {
            code: error.code(),
            kind: error.kind(),
            message: error.to_string(),
            field: None,
            existing: error.existing(),
        }
    }
}
