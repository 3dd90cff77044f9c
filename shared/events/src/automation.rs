//! Stored form of automation events.

use domain::{
    automation::{AutomationEvent, AutomationReport, AutomationSpec, DoneAction, Occasion, OccasionKind},
    ids::{AutomationId, LocationId, PlugId},
    plug::RelayState,
    values::Reason,
};
use jiff::Timestamp;

use crate::{stored_events, stored_struct};

stored_events! {
    AutomationEvent {
        "automation.created.v1" {
            id as "automation_id": AutomationId,
            location as "location_id": LocationId,
            spec: AutomationSpec,
        } => Created,
        "automation.changed.v1" { spec: AutomationSpec } => Changed,
        "automation.enabled.v1" {} => Enabled,
        "automation.disabled.v1" { reason: Option<Reason> } => Disabled,
        "automation.forced.v1" { state: RelayState, until: Timestamp, at: Timestamp } => Forced,
        "automation.unforced.v1" { at: Timestamp } => Unforced,
        "automation.pulsed.v1" { milliseconds: u32, at: Timestamp } => Pulsed,
        "automation.acted.v2" {
            action: DoneAction,
            occasion as "trigger": Occasion,
            reason: Reason,
            until: Option<Timestamp>,
            at: Timestamp,
        } => (AutomationEvent::Reported {
            report: AutomationReport::Acted { action, occasion, reason, until },
            at,
        }),
        "automation.skipped.v1" { reason: Reason, occasion as "trigger": Occasion, at: Timestamp }
            => (AutomationEvent::Reported { report: AutomationReport::Skipped { reason, occasion }, at }),
        "automation.failed.v1" {
            plug as "plug_id": Option<PlugId>,
            error: Reason,
            occasion as "trigger": Occasion,
            at: Timestamp,
        } => (AutomationEvent::Reported {
            report: AutomationReport::Failed { plug, error, occasion },
            at,
        }),
    }
    read only {
        // It did not say until when the plugs are held on.
        "automation.acted.v1" {
            action: DoneAction,
            occasion as "trigger": Occasion,
            reason: Reason,
            at: Timestamp,
        } => (AutomationEvent::Reported {
            report: AutomationReport::Acted { action, occasion, reason, until: None },
            at,
        }),
    }
}

stored_struct! {
    Occasion { kind: OccasionKind, event_position: Option<u64> }
}

#[cfg(test)]
mod tests {
    use domain::{
        Aggregate as _, DomainEvent,
        automation::{
            Action, Automation, AutomationSpec, AutomationState, Gates, Limits, PlayersActive, QuietSpan,
            Trigger, TriggerEvent, cron::CronExpression,
        },
        ids::{RoomId, StreamName, VariantId},
        values::Name,
    };
    use jiff::civil::time;
    use uuid::Uuid;

    use super::*;
    use crate::{
        decode as decode_any, encode as encode_any,
        golden::{PlainText, assert_golden, recorded},
        snapshot::Snapshotted as _,
    };

    const AUTOMATION: AutomationId = AutomationId(Uuid::from_u128(1));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn spec() -> AutomationSpec {
        AutomationSpec {
            name: Name::stored("Fog on start"),
            plugs: vec![PlugId(Uuid::from_u128(3)), PlugId(Uuid::from_u128(4))],
            trigger: Trigger::Event {
                event: TriggerEvent::PlayStarted,
                room: Some(RoomId(Uuid::from_u128(5))),
                variant: Some(VariantId(Uuid::from_u128(6))),
            },
            action: Action::On { seconds: 20 },
            gates: Gates {
                players_active: Some(PlayersActive { grace_seconds: 60 }),
                quiet_hours: vec![QuietSpan { from: time(22, 0, 0, 0), to: time(7, 0, 0, 0) }],
                opening_hours: true,
            },
            limits: Limits { min_interval_seconds: 30, max_on_seconds: 600 },
        }
    }

    fn occasion() -> Occasion {
        Occasion { kind: OccasionKind::Event, event_position: Some(42) }
    }

    #[test]
    fn automations_match_their_goldens() {
        let location = LocationId(Uuid::from_u128(2));
        let reason = || Reason::stored("play started");
        assert_golden(AutomationEvent::Created { id: AUTOMATION, location, spec: spec() });
        let expression = CronExpression::stored("30 9 * * Mon-Fri");
        assert_golden(AutomationEvent::Changed {
            spec: AutomationSpec { trigger: Trigger::Cron { expression }, action: Action::Off, ..spec() },
        });
        assert_golden(AutomationEvent::Enabled);
        assert_golden(AutomationEvent::Disabled { reason: Some(Reason::stored("too loud")) });
        assert_golden(AutomationEvent::Forced { state: RelayState::On, until: at(60), at: at(0) });
        assert_golden(AutomationEvent::Unforced { at: at(0) });
        assert_golden(AutomationEvent::Pulsed { milliseconds: 800, at: at(0) });
        let reports = [
            AutomationReport::Acted {
                action: DoneAction::Pulse,
                occasion: occasion(),
                reason: reason(),
                until: Some(at(1)),
            },
            AutomationReport::Skipped { reason: reason(), occasion: occasion() },
            AutomationReport::Failed {
                plug: Some(PlugId(Uuid::from_u128(3))),
                error: Reason::stored("no answer"),
                occasion: occasion(),
            },
        ];
        for report in reports {
            assert_golden(AutomationEvent::Reported { report, at: at(0) });
        }
    }

    #[test]
    fn an_action_of_the_first_version_has_no_end() {
        let golden = include_str!("../../../schema/events/automation.acted.v1.json");
        let stored = recorded("automation.acted.v1", StreamName::new("automation", "x"), golden);
        let (action, reason) = (DoneAction::Pulse, Reason::stored("play started"));
        let report = AutomationReport::Acted { action, occasion: occasion(), reason, until: None };
        let expected = AutomationEvent::Reported { report, at: at(0) };
        assert_eq!(decode_any(&stored, &PlainText).unwrap(), expected.into());
    }

    #[test]
    fn every_form_of_rule_comes_back_as_it_was_stored() {
        let bare = Trigger::Event { event: TriggerEvent::WristbandScanned, room: None, variant: None };
        let triggers = [bare, Trigger::Every { seconds: 900 }];
        let actions = [Action::WhilePlay, Action::Pulse { milliseconds: 800 }];
        for (trigger, action) in triggers.into_iter().zip(actions) {
            let gates = Gates::default();
            let spec = AutomationSpec { trigger, action, gates, limits: Limits::default(), ..spec() };
            let event = DomainEvent::from(AutomationEvent::Changed { spec });
            let (event_type, data) = encode_any(&event, &PlainText, "").unwrap();
            let stored = recorded(event_type, StreamName::new("automation", "x"), &data);
            assert_eq!(decode_any(&stored, &PlainText).unwrap(), event);
        }
    }

    #[test]
    fn an_automations_snapshot_is_the_automation_again() {
        let created = AutomationEvent::Created {
            id: AUTOMATION,
            location: LocationId(Uuid::from_u128(2)),
            spec: spec(),
        };
        let events = [created, AutomationEvent::Forced { state: RelayState::On, until: at(60), at: at(0) }];
        let state = events.iter().fold(AutomationState::default(), Automation::evolve);
        let bytes = Automation::freeze(&state).unwrap();
        assert_eq!(Automation::thaw(&bytes), Some(state));
        assert_eq!(Automation::thaw(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn names_are_stored_as_the_wire_writes_them() {
        for kind in OccasionKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for event in TriggerEvent::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        for action in [DoneAction::On, DoneAction::Off, DoneAction::Pulse] {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
    }
}
