//! What a look at the relay means.

use std::{sync::Arc, time::Duration};

use domain::{
    plug::{Cause, CauseKind},
    values::Reason,
};
use tokio::time::Instant;
use tplink_hs1xx::Outlets;

use super::{
    Timing,
    outlet::{Look, State},
    target::Countdown,
};
use crate::desired::{Desired, Outlet};

/// How long an ON without an answer is unconfirmed.
const UNCONFIRMED: Duration = Duration::from_mins(1);

fn order(serial: u64, on: bool) -> Outlet {
    let reason = Reason::new("test").unwrap();
    let cause = Cause::new(CauseKind::Ask, reason);
    let desired = Desired { serial, on, until: None, by_hand: false, cause: Arc::new(cause) };
    Outlet { child: None, has_energy_meter: false, desired: Some(desired), unconfirmed_until: None }
}

fn state(on: bool) -> State {
    State::new(order(1, on), &Timing::default())
}

#[test]
fn a_relay_that_was_as_wished_and_changed_was_pressed() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = state(false);
    assert_eq!(state.seen(false, now, &timing), Look::News);
    assert_eq!(state.seen(false, now, &timing), Look::Nothing);
    assert_eq!(state.seen(true, now, &timing), Look::Pressed);
    assert!(state.to_switch(now).is_none(), "the engine is asked first");
    assert!(state.to_switch(now + timing.yielding).is_some(), "and not for ever");
}

#[test]
fn at_first_sight_and_after_an_absence_it_is_made_as_wished() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = state(false);
    assert_eq!(state.seen(true, now, &timing), Look::News);
    assert!(state.to_switch(now).is_some_and(|desired| !desired.on));
    state.switched(false);
    state.lost();
    assert_eq!(state.seen(true, now, &timing), Look::News);
    assert!(state.to_switch(now).is_some_and(|desired| !desired.on));
}

#[test]
fn an_on_without_an_answer_that_comes_late_is_no_pressed_button() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = state(true);
    state.sent_unanswered(now, now + UNCONFIRMED);
    state.adopt(&order(2, false));
    state.switched(false);
    assert_eq!(state.seen(true, now, &timing), Look::News);
    assert!(state.to_switch(now).is_some_and(|desired| !desired.on));
}

#[test]
fn a_countdown_that_fired_is_no_pressed_button() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = state(true);
    state.switched(true);
    state.countdown = Countdown::Armed { fires: now, renew: now };
    assert_eq!(state.seen(false, now, &timing), Look::News);
    assert!(state.to_switch(now).is_some_and(|desired| desired.on));
}

#[test]
fn an_on_past_its_end_is_an_off() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut order = order(1, true);
    order.desired.as_mut().unwrap().until = Some(now + Duration::from_secs(1));
    let mut state = State::new(order, &timing);
    assert!(state.to_switch(now).is_some_and(|desired| desired.on));
    state.switched(true);
    assert_eq!(state.next_moment(now), Some(now + Duration::from_secs(1)));
    assert!(state.to_switch(now + Duration::from_secs(1)).is_some_and(|desired| !desired.on));
}

#[test]
fn an_off_is_for_good_only_when_no_on_can_arrive_any_more() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = state(true);
    state.sent_unanswered(now, now + UNCONFIRMED);
    state.adopt(&order(2, false));
    state.switched(false);
    assert_eq!(state.stays_off(now), None);
    // The ON arrives, and is made undone.
    state.seen(true, now, &timing);
    assert!(state.to_switch(now).is_some_and(|desired| !desired.on));
    state.switched(false);
    assert_eq!(state.stays_off(now), None);
    let later = now + UNCONFIRMED;
    assert_eq!(state.seen(false, later, &timing), Look::Nothing);
    assert_eq!(state.stays_off(later), Some(2));
    assert_eq!(state.stays_off(later), None, "once");
}

#[test]
fn each_wish_for_off_is_answered_whatever_was_known_before() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = state(false);
    state.seen(false, now, &timing);
    assert_eq!(state.stays_off(now), Some(1));
    assert!(state.adopt(&order(2, false)), "it is looked at once more");
    state.seen(false, now, &timing);
    assert_eq!(state.stays_off(now), Some(2));
    // It does not answer when the next desired state comes, and is found as it was.
    state.lost();
    assert!(!state.adopt(&order(3, false)));
    state.seen(false, now, &timing);
    assert_eq!(state.stays_off(now), Some(3));
    state.adopt(&order(4, true));
    state.seen(false, now, &timing);
    assert_eq!(state.stays_off(now), None);
}

#[test]
fn a_plug_is_not_left_with_a_timer_of_ours() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = state(true);
    state.switched(true);
    state.countdown = Countdown::Armed { fires: now + timing.dead_man, renew: now + timing.dead_man };
    state.lost();
    state.adopt(&order(2, false));
    state.seen(false, now, &timing);
    assert_eq!((state.stays_off(now), state.countdown), (None, Countdown::Stale));
    state.countdown = Countdown::Idle;
    assert_eq!(state.stays_off(now), Some(2));
}

#[test]
fn a_timer_that_may_be_armed_is_removed_before_a_plug_is_let_go() {
    let (now, timing) = (Instant::now(), Timing::default());
    let unanswered = || {
        let mut state = state(true);
        state.lost_countdown();
        state.adopt(&order(2, false));
        state.seen(false, now, &timing);
        state
    };
    let mut state = unanswered();
    assert_eq!(state.stays_off(now), None);
    state.disarmed(true);
    assert_eq!(state.stays_off(now), Some(2));

    // A device that never answers that is released all the same.
    let mut state = unanswered();
    for _ in 0..4 {
        assert_eq!(state.stays_off(now), None);
        state.disarmed(false);
    }
    assert_eq!(state.stays_off(now), Some(2));
}

#[test]
fn a_countdown_that_was_refused_is_asked_for_again_and_may_be_armed_all_the_same() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = state(true);
    state.switched(true);
    let again = now + timing.dead_man / 5;
    state.countdown = Countdown::Refused { again };
    assert_eq!(state.arm_due(now), Some(again));
    assert!(state.next_moment(now).is_some_and(|at| at <= again));
    state.adopt(&order(2, false));
    state.switched(false);
    assert_eq!((state.stays_off(now), state.countdown), (None, Countdown::Stale));
    state.disarmed(true);
    assert_eq!(state.stays_off(now), Some(2));
}

#[test]
fn the_only_on_without_an_answer_is_no_longer_in_doubt_once_it_is_seen() {
    let (now, timing) = (Instant::now(), Timing::default());
    let state = |tries: usize| {
        let mut state = state(true);
        for _ in 0..tries {
            state.sent_unanswered(now, now + UNCONFIRMED);
        }
        state.adopt(&order(2, false));
        state.seen(true, now, &timing);
        state.arrived();
        state.switched(false);
        state
    };
    assert_eq!(state(1).stays_off(now), Some(2));
    assert_eq!(state(2).stays_off(now), None, "another one may arrive yet");
}

#[test]
fn an_on_that_was_met_is_sent_once_more_only_as_a_wish_of_its_own() {
    let now = Instant::now();
    let mut state = state(true);
    assert!(state.repeats(now).is_none() && state.to_switch(now).is_some());
    state.switched(true);
    assert_eq!(state.tried(), Some(1));
    state.lost();
    assert!(state.to_switch(now).is_none(), "it is not written that it is tried");
    assert_eq!(state.repeats(now).map(|desired| desired.serial), Some(1));
    assert!(state.repeats(now).is_none(), "once");
    state.adopt(&order(2, true));
    assert!(state.to_switch(now).is_some_and(|desired| desired.serial == 2));
}

/// On by a pressed button, with nothing known of the relay yet.
fn by_hand(outlets: &[Outlets]) -> State {
    let mut order = order(1, true);
    if let Some(desired) = &mut order.desired {
        desired.by_hand = true;
    }
    let mut state = State::new(order, &Timing::default());
    state.timers = outlets.to_vec();
    state
}

#[test]
fn what_a_hand_turned_on_is_looked_at_before_it_is_turned_on_again() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = by_hand(&[Outlets::Whole]);
    assert!(state.to_switch(now).is_none() && state.needs_look(now));
    state.seen(true, now, &timing);
    assert_eq!(state.tried(), Some(1));
    state.lost();
    assert!(state.to_switch(now).is_none() && state.repeats(now).is_none());
    state.seen(false, now, &timing);
    assert!(
        state.repeats(now).is_some_and(|desired| desired.on),
        "a plug that lost its power is turned on again"
    );
}

#[test]
fn no_strip_is_switched_on_whole_for_a_hand() {
    let (now, timing) = (Instant::now(), Timing::default());
    let mut state = by_hand(&[Outlets::Whole, Outlets::Whole]);
    for on in [true, false] {
        state.lost();
        state.seen(on, now, &timing);
        assert!(state.to_switch(now).is_none() && state.repeats(now).is_none(), "{on}");
    }
}
