//! The rules of one wristband, as given / when / then.

use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, prelude::*, sample::select};
use uuid::Uuid;

use super::{
    BadBand, ClockStart, LoadedBand, ScanFacts, Wristband, WristbandCommand as C, WristbandError as Error,
    WristbandEvent as E, WristbandState, decide,
};
use crate::{
    Aggregate as _,
    ids::{LocationId, PlayId, PlayerId, RoomId, WristbandUid},
    values::{Minutes, Reason},
};

fn given(events: &[E]) -> WristbandState {
    events.iter().fold(WristbandState::default(), Wristband::evolve)
}

/// `minute` minutes into the day.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_767_268_800 + minute * 60).unwrap()
}

fn minutes(number: i64) -> Minutes {
    Minutes::new(number).unwrap()
}

fn uid(text: &str) -> WristbandUid {
    text.parse().unwrap()
}

fn player(number: u128) -> PlayerId {
    PlayerId(Uuid::from_u128(number))
}

fn play(number: u128) -> PlayId {
    PlayId(Uuid::from_u128(number))
}

const ROOM: RoomId = RoomId(Uuid::from_u128(7));
const VENUE: LocationId = LocationId(Uuid::from_u128(8));

fn reason() -> Reason {
    Reason::new("torn").unwrap()
}

fn initialized(starts: ClockStart) -> E {
    E::Initialized { location: VENUE, uid: uid("A"), minutes: minutes(60), starts, at: at(0) }
}

fn assigned() -> E {
    E::Assigned { player: player(1), at: at(0) }
}

fn voided() -> E {
    E::Voided { reason: reason(), at: at(1) }
}

fn moved_out() -> E {
    E::TransferredOut { to: uid("B"), at: at(1) }
}

fn joined() -> E {
    E::PlayJoined { play: play(1), room: ROOM, at: at(1) }
}

/// Initialised at minute 0 with 60 minutes, worn by player 1.
fn worn(starts: ClockStart) -> Vec<E> {
    vec![initialized(starts), assigned()]
}

fn running(more: &[E]) -> WristbandState {
    given(&[worn(ClockStart::Now), more.to_vec()].concat())
}

fn waiting() -> WristbandState {
    given(&worn(ClockStart::FirstScan))
}

fn initialize(minute: i64) -> C {
    C::Initialize {
        location: VENUE,
        uid: uid("A"),
        minutes: minutes(30),
        starts: ClockStart::Now,
        at: at(minute),
    }
}

fn renew(minute: i64) -> C {
    C::Renew { minutes: minutes(30), starts: ClockStart::FirstScan, at: at(minute) }
}

fn add(number: i64, minute: i64) -> C {
    C::AddTime { minutes: minutes(number), reason: None, at: at(minute) }
}

fn join(number: u128, minute: i64) -> C {
    C::JoinPlay { play: play(number), room: ROOM, at: at(minute) }
}

fn transfer_in(held: LoadedBand, minute: i64) -> C {
    C::TransferIn { location: VENUE, uid: uid("B"), from: uid("A"), held, at: at(minute) }
}

#[test]
fn a_band_without_time_can_be_initialised() {
    let loaded = E::Initialized {
        location: VENUE,
        uid: uid("A"),
        minutes: minutes(30),
        starts: ClockStart::Now,
        at: at(60),
    };
    for state in [given(&[]), running(&[]), running(&[voided()]), running(&[moved_out()])] {
        assert_eq!(decide(&state, initialize(60)), Ok(vec![loaded.clone()]));
    }
}

#[test]
fn a_band_with_time_cannot_be_initialised_whether_its_clock_runs_or_waits() {
    assert_eq!(decide(&running(&[]), initialize(59)), Err(Error::StillHasTime { minutes_left: 1 }));
    assert_eq!(decide(&waiting(), initialize(9_999)), Err(Error::StillHasTime { minutes_left: 60 }));
}

#[test]
fn a_band_whose_time_ended_in_a_play_is_not_initialised_before_the_play_ends() {
    assert_eq!(decide(&running(&[joined()]), initialize(61)), Err(Error::InPlay));
}

#[test]
fn initialising_forgets_the_wearer_and_the_minutes_of_the_period_before() {
    let again = E::Initialized {
        location: VENUE,
        uid: uid("A"),
        minutes: minutes(30),
        starts: ClockStart::Now,
        at: at(60),
    };
    let state = running(&[again]);
    assert_eq!(state.player(), None);
    assert_eq!(state.loaded().unwrap().minutes_loaded, 30);
}

#[test]
fn time_left_is_rounded_up_and_never_negative() {
    let state = running(&[]);
    let before_end = |micros| at(60) - SignedDuration::from_micros(micros);
    assert_eq!((state.seconds_left(at(0)), state.minutes_left(at(0))), (3_600, 60));
    assert_eq!((state.seconds_left(before_end(1)), state.minutes_left(before_end(1))), (1, 1));
    assert!(state.is_live(before_end(1)));
    assert_eq!((state.seconds_left(at(60)), state.minutes_left(at(60))), (0, 0));
    assert!(!state.is_live(at(60)) && !state.is_live(at(600)));
    assert_eq!(state.seconds_left(at(600)), 0);
    assert_eq!(state.ends_at(), Some(at(60)));
    assert_eq!((waiting().minutes_left(at(9_999)), waiting().ends_at()), (60, None));
}

#[test]
fn is_assigned_once_and_to_the_same_player_again_without_effect() {
    let bare = given(&[initialized(ClockStart::Now)]);
    let assign = |number, minute| C::Assign { player: player(number), at: at(minute) };
    assert_eq!(decide(&bare, assign(1, 0)), Ok(vec![assigned()]));
    assert_eq!(decide(&running(&[]), assign(1, 5)), Ok(vec![]));
    assert_eq!(decide(&running(&[]), assign(2, 5)), Err(Error::WornByAnother));
}

#[test]
fn only_a_band_with_time_is_assigned() {
    let assign = C::Assign { player: player(1), at: at(60) };
    assert_eq!(decide(&given(&[]), assign.clone()), Err(Error::NotFound));
    assert_eq!(decide(&running(&[voided()]), assign.clone()), Err(Error::Blank));
    assert_eq!(decide(&given(&[initialized(ClockStart::Now)]), assign), Err(Error::Expired));
}

#[test]
fn the_first_scan_starts_a_waiting_clock_and_the_second_does_not() {
    let scan = |minute| C::Scan { room: ROOM, at: at(minute) };
    let started = E::ClockStarted { at: at(20), ends_at: at(80) };
    let scanned = |minute| E::Scanned { room: ROOM, at: at(minute) };
    assert_eq!(decide(&waiting(), scan(20)), Ok(vec![started.clone(), scanned(20)]));
    let state = given(&[worn(ClockStart::FirstScan), vec![started, scanned(20)]].concat());
    assert_eq!(decide(&state, scan(30)), Ok(vec![scanned(30)]));
    assert_eq!(state.minutes_left(at(30)), 50);
}

#[test]
fn scanning_a_bad_band_yields_its_reason_and_no_event() {
    let unassigned = given(&[initialized(ClockStart::FirstScan)]);
    for (state, bad) in [
        (given(&[]), BadBand::Unknown),
        (running(&[moved_out()]), BadBand::Blank),
        (running(&[voided()]), BadBand::Voided),
        (running(&[]), BadBand::Expired),
        (unassigned, BadBand::Unassigned),
    ] {
        assert_eq!(decide(&state, C::Scan { room: ROOM, at: at(60) }), Ok(vec![]), "{bad:?}");
        assert_eq!(ScanFacts::of(&state, at(60)).bad, Some(bad));
    }
}

#[test]
fn a_good_scan_says_whose_and_how_long() {
    let facts = ScanFacts::of(&running(&[joined()]), at(15));
    assert!(facts.good());
    let expected = ScanFacts {
        bad: None,
        player: Some(player(1)),
        minutes_left: 45,
        ends_at: Some(at(60)),
        in_play: Some(play(1)),
    };
    assert_eq!(facts, expected);
}

#[test]
fn time_is_added_to_a_running_and_to_a_waiting_clock() {
    let added = E::TimeAdded { minutes: minutes(30), reason: None, at: at(10) };
    for state in [running(&[]), waiting()] {
        assert_eq!(decide(&state, add(30, 10)), Ok(vec![added.clone()]));
        let before = state.minutes_left(at(10));
        let after = Wristband::evolve(state, &added);
        assert_eq!(after.minutes_left(at(10)), before + 30);
        assert_eq!(after.loaded().unwrap().minutes_loaded, 90);
    }
}

#[test]
fn time_is_not_added_to_a_band_without_any() {
    assert_eq!(decide(&given(&[]), add(30, 0)), Err(Error::NotFound));
    assert_eq!(decide(&running(&[voided()]), add(30, 10)), Err(Error::Blank));
    assert_eq!(decide(&running(&[]), add(30, 60)), Err(Error::Expired));
}

#[test]
fn nobody_has_more_than_a_day_left() {
    assert!(decide(&running(&[]), add(1_380, 0)).is_ok());
    let too_much = Error::TooMuchTime { minutes_left: 60, minutes: 1_381 };
    assert_eq!(decide(&running(&[]), add(1_381, 0)), Err(too_much));
    assert!(decide(&running(&[]), add(1_381, 1)).is_ok());
}

#[test]
fn is_renewed_for_the_same_player_once_the_time_is_over() {
    let renewed = E::Renewed { minutes: minutes(30), starts: ClockStart::FirstScan, at: at(60) };
    assert_eq!(decide(&running(&[]), renew(60)), Ok(vec![renewed.clone()]));
    let state = running(&[renewed]);
    assert_eq!((state.player(), state.minutes_left(at(99))), (Some(player(1)), 30));
    assert_eq!(state.loaded().unwrap().minutes_loaded, 30);
}

#[test]
fn is_not_renewed_with_time_left_or_without_a_player() {
    assert_eq!(decide(&running(&[]), renew(30)), Err(Error::StillHasTime { minutes_left: 30 }));
    assert_eq!(decide(&given(&[initialized(ClockStart::Now)]), renew(60)), Err(Error::NotAssigned));
    assert_eq!(decide(&running(&[voided()]), renew(60)), Err(Error::Blank));
    assert_eq!(decide(&given(&[]), renew(60)), Err(Error::NotFound));
}

#[test]
fn a_renewal_during_a_play_leaves_the_band_in_it() {
    let renewed = E::Renewed { minutes: minutes(30), starts: ClockStart::Now, at: at(60) };
    assert_eq!(running(&[joined(), renewed]).in_play(), Some(play(1)));
}

#[test]
fn a_transfer_needs_time_and_no_play_at_its_source() {
    let out = |minute| C::TransferOut { to: uid("B"), at: at(minute) };
    assert_eq!(decide(&running(&[]), out(1)), Ok(vec![moved_out()]));
    assert_eq!(decide(&running(&[]), out(60)), Err(Error::Expired));
    assert_eq!(decide(&running(&[moved_out()]), out(2)), Err(Error::Blank));
    assert_eq!(decide(&given(&[]), out(1)), Err(Error::NotFound));
    assert_eq!(decide(&running(&[joined()]), out(2)), Err(Error::InPlay));
}

#[test]
fn a_transfer_carries_player_and_clock_to_a_band_without_time() {
    for source in [running(&[]), waiting()] {
        let held = source.loaded().unwrap().clone();
        let events = decide(&given(&[]), transfer_in(held.clone(), 10)).unwrap();
        assert_eq!(given(&events), WristbandState::Loaded(held.clone()));
        let busy = Err(Error::StillHasTime { minutes_left: 50 });
        assert_eq!(decide(&running(&[]), transfer_in(held.clone(), 10)), busy);
        assert_eq!(decide(&running(&[joined()]), transfer_in(held, 70)), Err(Error::InPlay));
    }
}

#[test]
fn is_voided_once_with_or_without_time_but_not_in_a_play() {
    let void = |minute| C::Void { reason: reason(), at: at(minute) };
    assert_eq!(decide(&running(&[]), void(1)), Ok(vec![voided()]));
    assert!(!decide(&running(&[]), void(70)).unwrap().is_empty());
    assert!(!decide(&running(&[moved_out()]), void(1)).unwrap().is_empty());
    assert_eq!(decide(&running(&[voided()]), void(2)), Ok(vec![]));
    assert_eq!(decide(&given(&[]), void(1)), Err(Error::NotFound));
    assert_eq!(decide(&running(&[joined()]), void(2)), Err(Error::InPlay));
}

#[test]
fn joins_one_play_and_a_waiting_clock_starts_with_it() {
    let joined_now = E::PlayJoined { play: play(1), room: ROOM, at: at(5) };
    let started = E::ClockStarted { at: at(5), ends_at: at(65) };
    assert_eq!(decide(&running(&[]), join(1, 5)), Ok(vec![joined_now.clone()]));
    assert_eq!(decide(&waiting(), join(1, 5)), Ok(vec![started, joined_now]));
    assert_eq!(decide(&running(&[joined()]), join(1, 5)), Ok(vec![]));
    assert_eq!(decide(&running(&[joined()]), join(2, 5)), Err(Error::InPlay));
}

#[test]
fn only_a_good_band_joins() {
    assert_eq!(decide(&given(&[]), join(1, 5)), Err(Error::NotFound));
    assert_eq!(decide(&running(&[voided()]), join(1, 5)), Err(Error::Blank));
    assert_eq!(decide(&running(&[]), join(1, 60)), Err(Error::Expired));
    assert_eq!(decide(&given(&[initialized(ClockStart::Now)]), join(1, 5)), Err(Error::NotAssigned));
}

#[test]
fn leaves_its_own_play_even_when_the_time_is_over() {
    let leave = |number| C::LeavePlay { play: play(number), at: at(90) };
    let state = running(&[joined()]);
    assert_eq!(decide(&state, leave(1)), Ok(vec![E::PlayLeft { play: play(1), at: at(90) }]));
    assert_eq!(decide(&state, leave(2)), Ok(vec![]));
    assert_eq!(running(&[joined(), E::PlayLeft { play: play(2), at: at(2) }]).in_play(), Some(play(1)));
    assert_eq!(running(&[joined(), E::PlayLeft { play: play(1), at: at(2) }]).in_play(), None);
}

#[test]
fn is_taken_off_its_player_with_its_time_but_not_in_a_play() {
    let unassign = C::Unassign { reason: None, at: at(9) };
    let unassigned = E::Unassigned { reason: None, at: at(9) };
    assert_eq!(decide(&running(&[]), unassign.clone()), Ok(vec![unassigned.clone()]));
    let free = running(&[unassigned]);
    assert_eq!((free.player(), free.minutes_left(at(9))), (None, 51));
    assert_eq!(decide(&free, unassign.clone()), Ok(vec![]));
    assert_eq!(decide(&running(&[joined()]), unassign.clone()), Err(Error::InPlay));
    assert_eq!(decide(&running(&[voided()]), unassign.clone()), Err(Error::Blank));
    assert_eq!(decide(&given(&[]), unassign), Err(Error::NotFound));
}

fn set_end(end: Option<i64>, minute: i64) -> C {
    C::SetEnd { ends_at: end.map(at), reason: reason(), at: at(minute) }
}

#[test]
fn an_end_is_brought_forward_put_off_and_set_to_now() {
    for (end, minute) in [(Some(30), 10), (Some(90), 10), (None, 10), (Some(9), 10), (Some(1_450), 10)] {
        let events = decide(&running(&[]), set_end(end, minute)).unwrap();
        let state = running(&events);
        let expected = end.unwrap_or(minute).max(minute);
        assert_eq!(state.ends_at(), Some(at(expected)), "{end:?}");
        // Ten minutes are spent; the rest is what is left.
        assert_eq!(i64::from(state.loaded().unwrap().minutes_loaded), expected, "{end:?}");
    }
    assert_eq!(decide(&running(&[]), set_end(Some(60), 10)), Ok(vec![]));
}

#[test]
fn an_end_starts_a_waiting_clock() {
    let state =
        given(&[worn(ClockStart::FirstScan), decide(&waiting(), set_end(Some(40), 10)).unwrap()].concat());
    assert_eq!((state.ends_at(), state.loaded().unwrap().minutes_loaded), (Some(at(40)), 30));
}

#[test]
fn an_end_is_neither_past_nor_more_than_a_day_off_nor_for_a_band_without_time() {
    assert_eq!(decide(&running(&[]), set_end(Some(8), 10)), Err(Error::EndInPast));
    assert_eq!(decide(&running(&[]), set_end(Some(1_451), 10)), Err(Error::EndTooLate));
    assert_eq!(decide(&running(&[]), set_end(Some(90), 60)), Err(Error::Expired));
    assert_eq!(decide(&running(&[voided()]), set_end(None, 10)), Err(Error::Blank));
    assert_eq!(decide(&given(&[]), set_end(None, 10)), Err(Error::NotFound));
}

fn issue(days: i64) -> C {
    C::IssuePass { location: VENUE, uid: uid("A"), valid_until: at(days * 1_440), at: at(60) }
}

#[test]
fn a_pass_is_good_for_days_and_its_end_can_be_brought_forward() {
    let events = decide(&running(&[]), issue(90)).unwrap();
    let pass = running(&events);
    assert_eq!((pass.player(), pass.ends_at()), (None, Some(at(90 * 1_440))));
    assert_eq!(pass.loaded().unwrap().minutes_loaded, 0);
    let shortened = decide(&pass, set_end(Some(30 * 1_440), 70)).unwrap();
    let pass = running(&[events, shortened].concat());
    assert_eq!((pass.ends_at(), pass.loaded().unwrap().minutes_loaded), (Some(at(30 * 1_440)), 0));
}

#[test]
fn a_pass_needs_a_band_without_time_and_an_end_within_a_year() {
    let early = C::IssuePass { location: VENUE, uid: uid("A"), valid_until: at(90_000), at: at(59) };
    assert_eq!(decide(&running(&[]), early), Err(Error::StillHasTime { minutes_left: 1 }));
    assert_eq!(decide(&running(&[joined()]), issue(90)), Err(Error::InPlay));
    assert_eq!(decide(&running(&[]), issue(0)), Err(Error::PassEnd));
    assert_eq!(decide(&running(&[]), issue(367)), Err(Error::PassEnd));
    assert!(decide(&given(&[]), issue(366)).is_ok());
}

#[test]
fn a_purchase_at_the_end_of_time_ends_there() {
    let state = given(&[E::Initialized {
        location: VENUE,
        uid: uid("A"),
        minutes: minutes(1_440),
        starts: ClockStart::Now,
        at: Timestamp::MAX,
    }]);
    assert_eq!(state.ends_at(), Some(Timestamp::MAX));
}

fn any_event() -> impl Strategy<Value = E> {
    let starts = select(vec![ClockStart::Now, ClockStart::FirstScan]);
    (0..17_u8, 1..=1_440_i64, 0..3_000_i64, 1..3_u128, starts).prop_map(
        |(kind, length, minute, id, starts)| {
            let (at, minutes) = (at(minute), minutes(length));
            let incoming = |waiting, ends_at| E::TransferredIn {
                location: VENUE,
                uid: uid("A"),
                from: uid("B"),
                player: Some(player(id)),
                waiting,
                ends_at,
                minutes_loaded: u32::MAX,
                at,
            };
            match kind {
                0 => E::Initialized { location: VENUE, uid: uid("A"), minutes, starts, at },
                1 => E::Assigned { player: player(id), at },
                2 => E::ClockStarted { at, ends_at: Timestamp::MAX },
                3 => E::Scanned { room: ROOM, at },
                4 | 5 => E::TimeAdded { minutes, reason: None, at },
                6 => E::Renewed { minutes, starts, at },
                7 => moved_out(),
                8 => incoming(Some(minutes), None),
                9 => incoming(None, Some(at)),
                10 => incoming(None, None),
                11 => voided(),
                14 => E::Unassigned { reason: None, at },
                15 => E::EndSet { ends_at: Timestamp::MAX, reason: reason(), at },
                16 => E::PassIssued { location: VENUE, uid: uid("A"), valid_until: Timestamp::MAX, at },
                12 => E::PlayJoined { play: play(id), room: ROOM, at },
                _ => E::PlayLeft { play: play(id), at },
            }
        },
    )
}

proptest! {
    /// Whatever order events come in, there is a state, and it answers every question.
    #[test]
    fn evolve_survives_any_order(events in vec(any_event(), 0..40), minute in 0..5_000_i64) {
        let state = given(&events);
        let facts = ScanFacts::of(&state, at(minute));
        prop_assert_eq!(state.is_live(at(minute)), facts.minutes_left > 0);
        prop_assert_eq!(state.minutes_left(at(minute)) == 0, state.seconds_left(at(minute)) == 0);
        prop_assert!(!facts.good() || (state.is_live(at(minute)) && state.player().is_some()));
    }
}
