//! Plugs and their history out of events that come late, twice and out of order.

use domain::{
    plug::{Cause, CauseKind, PlugEvent as E, PlugReport as R, Reading, RelayState},
    values::{Name, Reason},
};
use read_model::plugs::{PlugHistoryRow, PlugRow};

use super::Plugs;
use crate::{
    projections::fixture::{Venue, automation, plug, reason, room, time},
    testing::{Stepper, assert_idempotent, assert_rebuild_equal},
};

fn switched(state: RelayState) -> R {
    let cause = Cause {
        automation: Some(automation(1)),
        event_position: Some(7),
        ..Cause::new(CauseKind::Automation, Reason::stored("Fog on start"))
    };
    R::Switched { state, cause }
}

fn reading(power_watts: f64) -> R {
    let reading = Reading { power_watts, voltage_volts: 230.0, current_amps: 0.2, total_watt_hours: 1_200.0 };
    R::Read { reading }
}

fn asked(state: RelayState, until: Option<&str>) -> E {
    E::Asked { state, reason: reason(), until: until.map(time), at: time("2025-05-01T09:00:00Z") }
}

fn history() -> Venue {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.plug_in(plug(1), "Fog");
    venue.plug_in(plug(2), "Siren");
    venue.plug(plug(1), E::Bound { room: room(1) });
    venue.plug(plug(1), E::Renamed { name: Name::stored("Fog left") });
    venue.plug(plug(1), asked(RelayState::On, Some("2025-05-01T10:00:00Z")));
    venue.report(plug(1), switched(RelayState::On), "2025-05-01T09:00:01Z");
    venue.report(plug(1), reading(42.5), "2025-05-01T09:05:00Z");
    venue.report(plug(1), R::Moved { address: "10.0.3.41:9999".parse().unwrap() }, "2025-05-01T09:06:00Z");
    venue.report(plug(1), R::Unreachable { error: Reason::stored("timed out") }, "2025-05-01T09:07:00Z");
    let refused = R::Refused {
        state: RelayState::Off,
        error: Reason::stored("err_code -3"),
        cause: Cause::new(CauseKind::HoldEnd, reason()),
    };
    venue.report(plug(2), refused, "2025-05-01T09:08:00Z");
    let found = R::IdentityRefused { address: "10.0.3.40:9999".parse().unwrap(), found: None };
    venue.report(plug(2), found, "2025-05-01T09:09:00Z");
    venue
}

async fn view(venue: &Venue) -> (Vec<PlugRow>, Vec<PlugHistoryRow>) {
    let mut view = Stepper::new(Plugs).await;
    view.apply(&venue.log.all()).await;
    (view.rows().await, view.rows().await)
}

#[tokio::test]
async fn a_plug_shows_where_and_how_it_is() {
    let (rows, _) = view(&history()).await;
    let [fog, siren] = rows.as_slice() else { panic!("two rows, got {rows:?}") };
    assert_eq!((fog.name.as_str(), fog.room_id), ("Fog left", Some(room(1))));
    assert_eq!((fog.relay.as_deref(), fog.relay_since), (Some("on"), Some(time("2025-05-01T09:00:01Z"))));
    assert_eq!(fog.relay_cause.as_ref().unwrap().0.kind, CauseKind::Automation);
    assert_eq!((fog.ask.as_deref(), fog.ask_until), (Some("on"), Some(time("2025-05-01T10:00:00Z"))));
    assert_eq!((fog.reachable, fog.unreachable_error.as_ref().unwrap().as_str()), (Some(false), "timed out"));
    assert_eq!(fog.address.as_deref(), Some("10.0.3.41:9999"));
    assert!((fog.reading.as_ref().unwrap().0.power_watts - 42.5).abs() < f64::EPSILON);
    assert_eq!((siren.relay.as_deref(), siren.reachable), (None, Some(true)));
    assert_eq!(siren.refusal.as_ref().unwrap().as_str(), "err_code -3");
}

#[tokio::test]
async fn what_is_told_late_hides_nothing_newer() {
    let venue = history();
    venue.report(plug(1), switched(RelayState::Off), "2025-05-01T08:00:00Z");
    venue.report(plug(1), reading(7.0), "2025-05-01T08:00:00Z");
    venue.report(plug(1), R::Recovered, "2025-05-01T08:00:00Z");
    venue.report(plug(1), R::Moved { address: "10.0.3.9:9999".parse().unwrap() }, "2025-05-01T08:00:00Z");
    let (before, _) = view(&history()).await;
    let (after, told) = view(&venue).await;
    let unchanged = PlugRow { stream_version: before[0].stream_version, ..after[0].clone() };
    assert_eq!(unchanged, before[0]);
    assert_eq!(told.iter().filter(|row| row.happened_at == time("2025-05-01T08:00:00Z")).count(), 4);
}

#[tokio::test]
async fn a_clock_that_was_ahead_hides_nothing_either() {
    let venue = history();
    venue.report(plug(1), switched(RelayState::Off), "2099-01-01T00:00:00Z");
    venue.report(plug(1), switched(RelayState::On), "2098-12-31T22:00:00Z");
    let (rows, history) = view(&venue).await;
    let recorded = venue.log.all().last().unwrap().recorded_at;
    assert_eq!((rows[0].relay.as_deref(), rows[0].relay_since), (Some("on"), Some(recorded)));
    assert!(history.iter().all(|row| row.happened_at <= recorded));
}

#[tokio::test]
async fn a_state_that_is_told_again_is_as_old_as_before() {
    let venue = history();
    venue.report(plug(1), switched(RelayState::On), "2025-05-01T09:30:00Z");
    let (rows, _) = view(&venue).await;
    assert_eq!(rows[0].relay_since, Some(time("2025-05-01T09:00:01Z")));
    assert_eq!((rows[0].reachable, rows[0].unreachable_error.clone()), (Some(true), None));
}

#[tokio::test]
async fn an_override_lasts_until_the_worker_switches() {
    let venue = history();
    let until = time("2025-05-01T11:00:00Z");
    venue.report(plug(1), R::Overridden { state: RelayState::Off, until }, "2025-05-01T09:30:00Z");
    let (rows, _) = view(&venue).await;
    assert_eq!((rows[0].relay.as_deref(), rows[0].override_until), (Some("off"), Some(until)));
    assert_eq!(rows[0].relay_cause, None);
    venue.report(plug(1), switched(RelayState::On), "2025-05-01T09:40:00Z");
    assert_eq!(view(&venue).await.0[0].override_until, None);
}

#[tokio::test]
async fn an_override_lasts_until_something_is_asked() {
    let until = time("2025-05-01T11:00:00Z");
    let pressed = R::Overridden { state: RelayState::Off, until };
    for state in [RelayState::On, RelayState::Off] {
        let venue = history();
        venue.report(plug(1), pressed.clone(), "2025-05-01T09:30:00Z");
        let at = time("2025-05-01T09:40:00Z");
        venue.plug(plug(1), E::Asked { state, reason: reason(), until: None, at });
        assert_eq!(view(&venue).await.0[0].override_until, None);
        venue.report(plug(1), pressed.clone(), "2025-05-01T09:35:00Z");
        assert_eq!(view(&venue).await.0[0].override_until, None, "told after the ask, and pressed before it");
        venue.report(plug(1), pressed.clone(), "2025-05-01T09:45:00Z");
        assert_eq!(view(&venue).await.0[0].override_until, Some(until));
        assert_idempotent(Plugs, &venue.log.all()).await;
        assert_rebuild_equal(Plugs, &venue.log.all()).await;
    }
}

#[tokio::test]
async fn what_is_released_dropped_or_retired_is_asked_no_more() {
    let ends = [
        E::Released { at: time("2025-05-01T09:30:00Z") },
        asked(RelayState::Off, None),
        E::Retired { reason: reason() },
    ];
    for end in ends {
        let venue = history();
        venue.plug(plug(1), end);
        let (rows, _) = view(&venue).await;
        assert_eq!((&rows[0].ask, rows[0].ask_until, &rows[0].ask_reason), (&None, None, &None));
    }
}

#[tokio::test]
async fn the_history_tells_everything_with_its_reason() {
    let (_, history) = view(&history()).await;
    let told = |row: &PlugHistoryRow| (row.fact.to_string(), row.reason.as_deref().map(str::to_owned));
    let of_fog: Vec<_> = history.iter().filter(|row| row.plug_id == plug(1)).map(told).collect();
    let expected = [
        ("registered", None),
        ("bound", None),
        ("renamed", None),
        ("asked", Some("because")),
        ("switched", Some("Fog on start")),
        ("reading", None),
        ("moved", None),
        ("unreachable", Some("timed out")),
    ];
    let expected = expected.map(|(fact, reason)| (fact.to_owned(), reason.map(str::to_owned)));
    assert_eq!(of_fog, expected);
    assert_eq!(history.iter().filter(|row| row.is_reading).count(), 1);
}

#[tokio::test]
async fn plugs_applied_twice_changes_nothing() {
    assert_idempotent(Plugs, &history().log.all()).await;
}

#[tokio::test]
async fn plugs_rebuilt_is_byte_equal() {
    assert_rebuild_equal(Plugs, &history().log.all()).await;
}

#[tokio::test]
async fn readings_are_kept_for_thirty_days_before_the_latest() {
    let venue = Venue::open(1, "Europe/Berlin");
    venue.plug_in(plug(1), "Fog");
    venue.plug_in(plug(2), "Siren");
    let read_at = |of, at| venue.report(plug(of), reading(7.0), at);
    read_at(2, "2025-01-01T00:00:00Z");
    read_at(1, "2025-03-31T23:59:59Z");
    read_at(1, "2025-04-01T00:00:00Z");
    read_at(1, "2025-04-30T12:00:00Z");
    venue.report(plug(1), switched(RelayState::On), "2025-01-01T00:00:00Z");
    read_at(1, "2025-05-01T00:30:00Z");
    read_at(1, "2025-03-31T10:00:00Z");
    let (rows, told) = view(&venue).await;
    assert_eq!(rows[0].reading_at, Some(time("2025-05-01T00:30:00Z")));
    let times = |of| {
        let readings = told.iter().filter(move |row| row.plug_id == plug(of) && row.is_reading);
        readings.map(|row| row.happened_at).collect::<Vec<_>>()
    };
    let kept = ["2025-04-01T00:00:00Z", "2025-04-30T12:00:00Z", "2025-05-01T00:30:00Z"];
    assert_eq!(times(1), kept.map(time));
    assert_eq!(times(2), [time("2025-01-01T00:00:00Z")], "another plug's latest");
    assert_eq!(told.iter().filter(|row| row.fact.as_ref() == "switched").count(), 1);
    assert_idempotent(Plugs, &venue.log.all()).await;
    assert_rebuild_equal(Plugs, &venue.log.all()).await;
    let mut one_by_one = Stepper::new(Plugs).await;
    for event in venue.log.all() {
        one_by_one.apply(&[event]).await;
    }
    assert_eq!(one_by_one.rows::<PlugHistoryRow>().await, told);
}
