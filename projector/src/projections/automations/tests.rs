//! Automations, the plugs they name, and their log.

use domain::{
    automation::{
        Action, AutomationEvent as E, AutomationReport as R, AutomationSpec, DoneAction, Gates, Limits,
        Occasion, OccasionKind, Trigger,
    },
    plug::RelayState,
    values::Name,
};
use read_model::automations::{AutomationLogRow, AutomationPlug, AutomationRow};

use super::Automations;
use crate::{
    projections::fixture::{Venue, automation, plug, reason, time},
    testing::{Stepper, assert_idempotent, assert_rebuild_equal},
};

fn spec(name: &str, plugs: &[u128]) -> AutomationSpec {
    AutomationSpec {
        name: Name::stored(name),
        plugs: plugs.iter().map(|number| plug(*number)).collect(),
        trigger: Trigger::Every { seconds: 900 },
        action: Action::On { seconds: 20 },
        gates: Gates::default(),
        limits: Limits::default(),
    }
}

fn occasion() -> Occasion {
    Occasion { kind: OccasionKind::Every, event_position: None }
}

fn acted(venue: &Venue, action: DoneAction, at: &str) {
    let until = (action != DoneAction::Off).then(|| time("2025-05-01T09:40:00Z"));
    let report = R::Acted { action, occasion: occasion(), reason: reason(), until };
    venue.automation(automation(1), E::Reported { report, at: time(at) });
}

fn history() -> Venue {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.automate(automation(1), spec("Fog", &[1, 2]));
    venue.automate(automation(2), spec("Siren", &[2]));
    venue.automation(automation(1), E::Changed { spec: spec("More fog", &[2, 3]) });
    let (until, at) = (time("2025-05-01T10:00:00Z"), time("2025-05-01T09:00:00Z"));
    venue.automation(automation(1), E::Forced { state: RelayState::On, until, at });
    venue.automation(automation(1), E::Pulsed { milliseconds: 800, at });
    acted(&venue, DoneAction::On, "2025-05-01T09:15:00Z");
    acted(&venue, DoneAction::Off, "2025-05-01T09:00:00Z");
    let skipped = R::Skipped { reason: reason(), occasion: occasion() };
    venue.automation(automation(1), E::Reported { report: skipped, at: time("2025-05-01T09:30:00Z") });
    let failed = R::Failed { plug: Some(plug(2)), error: reason(), occasion: occasion() };
    venue.automation(automation(2), E::Reported { report: failed, at: time("2025-05-01T09:45:00Z") });
    venue.automation(automation(2), E::Disabled { reason: Some(reason()) });
    venue
}

async fn view(venue: &Venue) -> (Vec<AutomationRow>, Vec<AutomationPlug>, Vec<AutomationLogRow>) {
    let mut view = Stepper::new(Automations).await;
    view.apply(&venue.log.all()).await;
    (view.rows().await, view.rows().await, view.rows().await)
}

#[tokio::test]
async fn an_automation_shows_its_rule_and_what_it_did_last() {
    let (rows, _, _) = view(&history()).await;
    let [fog, siren] = rows.as_slice() else { panic!("two rows, got {rows:?}") };
    assert_eq!(fog.name.as_str(), "More fog");
    assert_eq!(AutomationSpec::from(fog.spec.0.clone()), spec("More fog", &[2, 3]));
    assert_eq!(
        (fog.force_state.as_deref(), fog.force_until),
        (Some("on"), Some(time("2025-05-01T10:00:00Z")))
    );
    let latest = (fog.acted.as_deref(), fog.acted_at);
    assert_eq!(
        latest,
        (Some("on"), Some(time("2025-05-01T09:15:00Z"))),
        "what was told late is not the latest"
    );
    let held = (fog.forced_at, fog.held_at, fog.held_until);
    let expected = ["2025-05-01T09:00:00Z", "2025-05-01T09:15:00Z", "2025-05-01T09:40:00Z"];
    assert_eq!(held, expected.map(|at| Some(time(at))).into());
    assert_eq!((siren.enabled, siren.disabled_reason.clone()), (false, Some(reason())));
    assert_eq!(
        (siren.failed_at, siren.failure.clone()),
        (Some(time("2025-05-01T09:45:00Z")), Some(reason()))
    );
}

#[tokio::test]
async fn a_changed_rule_names_its_new_plugs_only() {
    let (_, plugs, _) = view(&history()).await;
    let named: Vec<_> = plugs.iter().map(|row| (row.plug_id, row.automation_id)).collect();
    let expected = [(plug(2), automation(1)), (plug(2), automation(2)), (plug(3), automation(1))];
    assert_eq!(named, expected);
}

#[tokio::test]
async fn disabling_ends_a_force_and_enabling_clears_the_reason() {
    let venue = history();
    venue.automation(automation(1), E::Disabled { reason: None });
    venue.automation(automation(2), E::Enabled);
    let (rows, _, _) = view(&venue).await;
    assert_eq!((&rows[0].force_state, rows[0].force_until, rows[0].enabled), (&None, None, false));
    assert_eq!((rows[1].enabled, &rows[1].disabled_reason), (true, &None));
}

#[tokio::test]
async fn the_log_tells_everything_with_its_reason() {
    let (_, _, log) = view(&history()).await;
    let told: Vec<_> =
        log.iter().map(|row| (&*row.fact, row.action.as_deref(), row.reason.is_some())).collect();
    let expected = [
        ("created", None, false),
        ("changed", None, false),
        ("forced", Some("on"), false),
        ("pulsed", Some("pulse"), false),
        ("acted", Some("on"), true),
        ("acted", Some("off"), true),
        ("skipped", None, true),
        ("created", None, false),
        ("failed", None, true),
        ("disabled", None, true),
    ];
    assert_eq!(told, expected);
    assert_eq!(log[4].occasion.as_ref().unwrap().0.kind, "every");
    assert_eq!(log[8].plug_id, Some(plug(2)));
}

#[tokio::test]
async fn automations_applied_twice_changes_nothing() {
    assert_idempotent(Automations, &history().log.all()).await;
}

#[tokio::test]
async fn automations_rebuilt_is_byte_equal() {
    assert_rebuild_equal(Automations, &history().log.all()).await;
}
