//! What the log says, in order: each fact once, whatever is repeated.

mod automation;
mod plug;

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use shared::domain::log::Position;
use shared::domain::{
    DomainEvent,
    automation::{Occasion, OccasionKind, TriggerEvent},
    ids::{PlugId, RoomId, StreamName},
    location::LocationEvent,
    play::PlayEvent,
    plug::{CauseKind, LONGEST_ASK},
    room::RoomEvent,
    wristband::WristbandEvent,
};

pub(super) use self::automation::{hold_of, max_on};
use super::{
    Engine,
    state::{RunningPlay, Why},
    triggers::Firing,
};
use crate::clock::Moment;

/// One event of the location's log.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Where in the log.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Whose history it is of.
    pub stream: StreamName,
    /// What happened.
    pub event: Arc<DomainEvent>,
}

/// In what spirit a fact is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As history that others have acted upon: it changes what is known and triggers nothing.
    History,
    /// As news, which may still be late.
    News,
}

/// A fact's own circumstances.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) position: Position,
    pub(super) now: Moment,
    pub(super) how: How,
    /// Too old to switch anything on.
    pub(super) late: bool,
    pub(super) age: SignedDuration,
}

impl Context {
    pub(super) fn occasion(&self, kind: OccasionKind) -> Occasion {
        Occasion { kind, event_position: Some(self.position.0) }
    }

    pub(super) fn lateness(&self) -> String {
        format!("late: the event is {} s old", self.age.as_secs())
    }

    fn why(&self, kind: CauseKind, reason: impl Into<String>) -> Why {
        Why { event_position: Some(self.position.0), ..Why::new(kind, reason) }
    }
}

impl Engine {
    /// Applies a fact; one that was applied before changes nothing.
    pub fn apply(&mut self, fact: &Fact, how: How, now: Moment) {
        if fact.position <= self.seen {
            return;
        }
        self.seen = fact.position;
        let late = how == How::History || self.is_late(fact.recorded_at, now.wall);
        let age = now.wall.duration_since(fact.recorded_at);
        let context = Context { position: fact.position, now, how, late, age };
        match &*fact.event {
            DomainEvent::Location(event) => self.location_changed(event, now),
            DomainEvent::Room(event) => self.room_changed(event, &fact.stream, &context),
            DomainEvent::Play(event) => self.play_changed(event, &fact.stream, &context),
            DomainEvent::Wristband(WristbandEvent::Scanned { room, .. }) => {
                self.happened(TriggerEvent::WristbandScanned, &Firing::in_room(*room), &context);
            }
            DomainEvent::Plug(event) => {
                if let Ok(id) = fact.stream.id().parse() {
                    self.plug_changed(id, event, &context);
                }
            }
            DomainEvent::Automation(event) => {
                if let Ok(id) = fact.stream.id().parse() {
                    self.automation_changed(id, event, &context);
                }
            }
            DomainEvent::Wristband(_)
            | DomainEvent::Claim(_)
            | DomainEvent::Game(_)
            | DomainEvent::Player(_)
            | DomainEvent::Setting(_) => {}
        }
    }

    fn location_changed(&mut self, event: &LocationEvent, now: Moment) {
        match event {
            LocationEvent::Opened { time_zone, .. } => self.venue.time_zone = time_zone.clone(),
            LocationEvent::SettingsChanged { time_zone, opening_hours, .. } => {
                self.venue.time_zone = time_zone.clone();
                self.venue.opening_hours.clone_from(opening_hours);
                self.plan_all(now);
            }
            LocationEvent::Disabled { .. } => self.venue.disabled = true,
            LocationEvent::Enabled => self.venue.disabled = false,
            LocationEvent::Renamed { .. } => return,
        }
        self.changes.venue = true;
    }

    fn room_changed(&mut self, event: &RoomEvent, stream: &StreamName, context: &Context) {
        let Ok(room) = stream.id().parse::<RoomId>() else { return };
        let trigger = match event {
            RoomEvent::TakenOutOfService { .. } => TriggerEvent::RoomTakenOutOfService,
            RoomEvent::ReturnedToService => TriggerEvent::RoomReturnedToService,
            _ => return,
        };
        self.happened(trigger, &Firing::in_room(room), context);
    }

    fn play_changed(&mut self, event: &PlayEvent, stream: &StreamName, context: &Context) {
        let (trigger, at) = match event {
            PlayEvent::Started { id, room, variant, ends_by, .. } => {
                let play = RunningPlay { room: *room, variant: *variant, ends_by: *ends_by };
                let firing = Firing { room: *room, play: Some((*id, play.clone())) };
                self.venue.plays.insert(*id, play);
                self.changes.venue = true;
                self.happened(TriggerEvent::PlayStarted, &firing, context);
                return;
            }
            PlayEvent::Finished { at, .. } => (TriggerEvent::PlayFinished, *at),
            PlayEvent::Aborted { at, .. } => (TriggerEvent::PlayAborted, *at),
            PlayEvent::ScoreCorrected { .. } | PlayEvent::ScoreVoided { .. } => return,
        };
        let Ok(id) = stream.id().parse() else { return };
        let Some(play) = self.venue.plays.remove(&id) else { return };
        self.venue.ended.insert(play.room, at);
        self.changes.venue = true;
        self.end_holds_of_play(id, context);
        self.happened(trigger, &Firing { room: play.room, play: Some((id, play)) }, context);
    }

    /// As [`Engine::settle`]; history lets nothing go, for others have done that.
    pub(super) fn concluded(&mut self, id: PlugId, context: &Context) {
        if context.how == How::History {
            let named = self.is_named(id);
            if let Some(plug) = self.plugs.get_mut(&id) {
                plug.managed = !plug.retired && (plug.room.is_some() || named || plug.ask.is_some());
                plug.ended = None;
            }
        }
        self.settle(id, context.now);
    }
}

/// How long anything asked for may last.
fn longest() -> Duration {
    LONGEST_ASK.unsigned_abs()
}
