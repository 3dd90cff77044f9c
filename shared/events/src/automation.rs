//! Stored form of automation events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, Encoded, automation_spec::SpecV1, json, parse};
use domain::{
    automation::{AutomationEvent, AutomationReport, DoneAction, Occasion, OccasionKind},
    ids::{AutomationId, LocationId, PlugId},
    plug::RelayState,
    values::Reason,
};

const CREATED_V1: &str = "automation.created.v1";
const CHANGED_V1: &str = "automation.changed.v1";
const ENABLED_V1: &str = "automation.enabled.v1";
const DISABLED_V1: &str = "automation.disabled.v1";
const FORCED_V1: &str = "automation.forced.v1";
const UNFORCED_V1: &str = "automation.unforced.v1";
const PULSED_V1: &str = "automation.pulsed.v1";
const ACTED_V1: &str = "automation.acted.v1";
const ACTED_V2: &str = "automation.acted.v2";
const SKIPPED_V1: &str = "automation.skipped.v1";
const FAILED_V1: &str = "automation.failed.v1";

#[derive(Serialize, Deserialize)]
struct CreatedV1 {
    automation_id: AutomationId,
    location_id: LocationId,
    spec: SpecV1,
}

#[derive(Serialize, Deserialize)]
struct ChangedV1 {
    spec: SpecV1,
}

#[derive(Serialize, Deserialize)]
struct EnabledV1 {}

#[derive(Serialize, Deserialize)]
struct DisabledV1 {
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ForcedV1 {
    state: RelayState,
    until: Timestamp,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct UnforcedV1 {
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct PulsedV1 {
    milliseconds: u32,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct OccasionV1 {
    kind: OccasionKind,
    event_position: Option<u64>,
}

/// Until when it held its plugs was not told.
#[derive(Deserialize)]
struct ActedV1 {
    action: DoneAction,
    trigger: OccasionV1,
    reason: String,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ActedV2 {
    action: DoneAction,
    trigger: OccasionV1,
    reason: String,
    until: Option<Timestamp>,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct SkippedV1 {
    reason: String,
    trigger: OccasionV1,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct FailedV1 {
    plug_id: Option<PlugId>,
    error: String,
    trigger: OccasionV1,
    at: Timestamp,
}

pub(super) fn encode(event: &AutomationEvent) -> Result<Encoded, EncodeError> {
    match event {
        AutomationEvent::Created { id, location, spec } => {
            json(CREATED_V1, &CreatedV1 { automation_id: *id, location_id: *location, spec: spec.into() })
        }
        AutomationEvent::Changed { spec } => json(CHANGED_V1, &ChangedV1 { spec: spec.into() }),
        AutomationEvent::Enabled => json(ENABLED_V1, &EnabledV1 {}),
        AutomationEvent::Disabled { reason } => {
            json(DISABLED_V1, &DisabledV1 { reason: reason.as_ref().map(Reason::to_string) })
        }
        AutomationEvent::Forced { state, until, at } => {
            json(FORCED_V1, &ForcedV1 { state: *state, until: *until, at: *at })
        }
        AutomationEvent::Unforced { at } => json(UNFORCED_V1, &UnforcedV1 { at: *at }),
        AutomationEvent::Pulsed { milliseconds, at } => {
            json(PULSED_V1, &PulsedV1 { milliseconds: *milliseconds, at: *at })
        }
        AutomationEvent::Reported { report, at } => encode_report(report, *at),
    }
}

fn encode_report(report: &AutomationReport, at: Timestamp) -> Result<Encoded, EncodeError> {
    match report {
        AutomationReport::Acted { action, occasion, reason, until } => {
            let (trigger, reason) = (stored_occasion(*occasion), reason.to_string());
            json(ACTED_V2, &ActedV2 { action: *action, trigger, reason, until: *until, at })
        }
        AutomationReport::Skipped { reason, occasion } => {
            let trigger = stored_occasion(*occasion);
            json(SKIPPED_V1, &SkippedV1 { reason: reason.to_string(), trigger, at })
        }
        AutomationReport::Failed { plug, error, occasion } => {
            let trigger = stored_occasion(*occasion);
            json(FAILED_V1, &FailedV1 { plug_id: *plug, error: error.to_string(), trigger, at })
        }
    }
}

pub(super) fn decode(event_type: &str, data: &str) -> Result<AutomationEvent, DecodeError> {
    Ok(match event_type {
        CREATED_V1 => {
            let v1: CreatedV1 = parse(event_type, data)?;
            AutomationEvent::Created { id: v1.automation_id, location: v1.location_id, spec: v1.spec.into() }
        }
        CHANGED_V1 => AutomationEvent::Changed { spec: parse::<ChangedV1>(event_type, data)?.spec.into() },
        ENABLED_V1 => {
            let EnabledV1 {} = parse(event_type, data)?;
            AutomationEvent::Enabled
        }
        DISABLED_V1 => AutomationEvent::Disabled {
            reason: parse::<DisabledV1>(event_type, data)?.reason.as_deref().map(Reason::stored),
        },
        FORCED_V1 => {
            let v1: ForcedV1 = parse(event_type, data)?;
            AutomationEvent::Forced { state: v1.state, until: v1.until, at: v1.at }
        }
        UNFORCED_V1 => AutomationEvent::Unforced { at: parse::<UnforcedV1>(event_type, data)?.at },
        PULSED_V1 => {
            let v1: PulsedV1 = parse(event_type, data)?;
            AutomationEvent::Pulsed { milliseconds: v1.milliseconds, at: v1.at }
        }
        ACTED_V1 => {
            let ActedV1 { action, trigger, reason, at } = parse(event_type, data)?;
            acted(ActedV2 { action, trigger, reason, until: None, at })
        }
        ACTED_V2 => acted(parse(event_type, data)?),
        SKIPPED_V1 => {
            let v1: SkippedV1 = parse(event_type, data)?;
            let (occasion, reason) = (occasion(&v1.trigger), Reason::stored(&v1.reason));
            AutomationEvent::Reported { report: AutomationReport::Skipped { reason, occasion }, at: v1.at }
        }
        FAILED_V1 => {
            let v1: FailedV1 = parse(event_type, data)?;
            let (occasion, error) = (occasion(&v1.trigger), Reason::stored(&v1.error));
            let report = AutomationReport::Failed { plug: v1.plug_id, error, occasion };
            AutomationEvent::Reported { report, at: v1.at }
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}

fn acted(v2: ActedV2) -> AutomationEvent {
    let ActedV2 { action, trigger, reason, until, at } = v2;
    let (occasion, reason) = (occasion(&trigger), Reason::stored(&reason));
    AutomationEvent::Reported { report: AutomationReport::Acted { action, occasion, reason, until }, at }
}

fn stored_occasion(occasion: Occasion) -> OccasionV1 {
    OccasionV1 { kind: occasion.kind, event_position: occasion.event_position }
}

fn occasion(stored: &OccasionV1) -> Occasion {
    Occasion { kind: stored.kind, event_position: stored.event_position }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use uuid::Uuid;

    use super::*;
    use crate::{
        decode as decode_any, encode as encode_any,
        golden::{PlainText, assert_golden, recorded},
        snapshot::Snapshotted as _,
    };
    use domain::{
        Aggregate as _, DomainEvent,
        automation::{
            Action, Automation, AutomationSpec, AutomationState, Gates, Limits, PlayersActive, QuietSpan,
            Trigger, TriggerEvent, cron::CronExpression,
        },
        ids::{RoomId, StreamName, VariantId},
        values::Name,
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
    fn golden_automations() {
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
    fn what_was_done_before_its_end_was_told_has_none() {
        let golden = include_str!("../../../schema/events/automation.acted.v1.json");
        let stored = recorded(ACTED_V1, StreamName::new("automation", "x"), golden);
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
