//! What the log says, in order: each fact once, however often it is repeated.

mod automation;
mod plug;

use std::time::Duration;

use domain::{
    DomainEvent,
    automation::TriggerEvent,
    ids::{RoomId, StreamName},
    location::LocationEvent,
    play::PlayEvent,
    plug::LONGEST_ASK,
    room::RoomEvent,
    wristband::WristbandEvent,
};

use super::{
    Engine,
    context::{Context, Fact, How},
    state::RunningPlay,
    triggers::Firing,
};
use crate::clock::Moment;

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
                self.triggered(TriggerEvent::WristbandScanned, &Firing::in_room(*room), &context);
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
            LocationEvent::Opened { time_zone, .. } => self.location.time_zone = time_zone.clone(),
            LocationEvent::SettingsChanged { time_zone, opening_hours, .. } => {
                self.location.time_zone = time_zone.clone();
                self.location.opening_hours.clone_from(opening_hours);
                self.plan_all(now);
            }
            LocationEvent::Disabled { .. } => self.location.disabled = true,
            LocationEvent::Enabled => self.location.disabled = false,
            LocationEvent::Renamed { .. } => return,
        }
        self.changes.location = true;
    }

    fn room_changed(&mut self, event: &RoomEvent, stream: &StreamName, context: &Context) {
        let Ok(room) = stream.id().parse::<RoomId>() else { return };
        let trigger = match event {
            RoomEvent::TakenOutOfService { .. } => TriggerEvent::RoomTakenOutOfService,
            RoomEvent::ReturnedToService => TriggerEvent::RoomReturnedToService,
            _ => return,
        };
        self.triggered(trigger, &Firing::in_room(room), context);
    }

    fn play_changed(&mut self, event: &PlayEvent, stream: &StreamName, context: &Context) {
        let (trigger, at) = match event {
            PlayEvent::Started { id, room, variant, ends_by, .. } => {
                let play = RunningPlay { room: *room, variant: *variant, ends_by: *ends_by };
                let firing = Firing { room: *room, play: Some((*id, play.clone())) };
                self.location.plays.insert(*id, play);
                self.changes.location = true;
                self.triggered(TriggerEvent::PlayStarted, &firing, context);
                return;
            }
            PlayEvent::Finished { at, .. } => (TriggerEvent::PlayFinished, *at),
            PlayEvent::Aborted { at, .. } => (TriggerEvent::PlayAborted, *at),
            // What is recorded later switches nothing.
            PlayEvent::Recorded { .. } | PlayEvent::ScoreCorrected { .. } | PlayEvent::ScoreVoided { .. } => {
                return;
            }
        };
        let Ok(id) = stream.id().parse() else { return };
        let Some(play) = self.location.plays.remove(&id) else { return };
        self.location.ended.insert(play.room, at);
        self.changes.location = true;
        self.end_holds_of_play(id, context);
        self.triggered(trigger, &Firing { room: play.room, play: Some((id, play)) }, context);
    }
}

/// The longest that anything may be asked for.
fn longest() -> Duration {
    LONGEST_ASK.unsigned_abs()
}
