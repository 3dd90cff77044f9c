//! The rules of one play, as given / when / then.

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};

use super::{
    Participant, Play, PlayCommand as C, PlayError as Error, PlayEvent as E, PlayState, PlayerResult,
    ReportedResult, decide,
    world::{game, location_id, play, player, reason, room, uid, variant},
};
use crate::{Aggregate as _, game::Mode, ids::WristbandUid, values::Points};

fn given(events: &[E]) -> PlayState {
    events.iter().fold(PlayState::default(), Play::evolve)
}

/// `minute` minutes into the day.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_767_268_800 + minute * 60).unwrap()
}

fn points(number: i64) -> Points {
    Points::new(number).unwrap()
}

fn band(number: u128) -> WristbandUid {
    uid(&format!("B{number}"))
}

/// Players 1 and 2 from minute 0, until minute 10 at the latest.
fn started() -> E {
    let participant = |number| Participant { uid: band(number), player: player(number) };
    E::Started {
        id: play(1),
        location: location_id(),
        room: room(1),
        game: game(),
        variant: variant(1),
        mode: Mode::Pvp,
        participants: vec![participant(1), participant(2)],
        at: at(0),
        ends_by: at(10),
    }
}

fn scored(number: u128, score: i64) -> PlayerResult {
    PlayerResult {
        uid: band(number),
        player: player(number),
        points: points(score),
        level: 2,
        lives: Some(1),
    }
}

fn finished() -> E {
    E::Finished { results: vec![scored(1, 100), scored(2, 200)], at: at(5) }
}

fn aborted() -> E {
    E::Aborted { reason: reason("fire drill"), at: at(5) }
}

fn corrected() -> E {
    E::ScoreCorrected {
        player: player(1),
        points: points(150),
        level: 2,
        lives: Some(1),
        reason: reason("sensor stuck"),
        at: at(6),
    }
}

fn voided() -> E {
    E::ScoreVoided { player: player(2), reason: reason("left early"), at: at(7) }
}

fn over() -> PlayState {
    given(&[started(), finished()])
}

fn report(number: u128, score: i64) -> ReportedResult {
    ReportedResult { uid: band(number), points: points(score), level: 2, lives: Some(1) }
}

fn finish(results: &[ReportedResult]) -> C {
    C::Finish { results: results.to_vec(), ended_at: None, at: at(5) }
}

fn abort(why: &str) -> C {
    C::Abort { reason: reason(why), at: at(5) }
}

fn correct(number: u128, score: i64) -> C {
    C::CorrectScore {
        player: player(number),
        points: Some(points(score)),
        level: None,
        lives: None,
        reason: reason("sensor stuck"),
        at: at(6),
    }
}

fn void(number: u128) -> C {
    C::VoidScore { player: player(number), reason: reason("left early"), at: at(7) }
}

#[test]
fn starts_once() {
    let start = C::Start {
        id: play(1),
        location: location_id(),
        room: room(1),
        game: game(),
        variant: variant(1),
        mode: Mode::Pvp,
        participants: given(&[started()]).started().unwrap().participants.clone(),
        at: at(0),
        ends_by: at(10),
    };
    assert_eq!(decide(&given(&[]), start.clone()), Ok(vec![started()]));
    for state in [given(&[started()]), over(), given(&[started(), aborted()])] {
        assert_eq!(decide(&state, start.clone()), Err(Error::AlreadyStarted));
    }
}

#[test]
fn finishes_with_the_results_in_the_order_of_the_participants() {
    let running = given(&[started()]);
    assert_eq!(decide(&running, finish(&[report(2, 200), report(1, 100)])), Ok(vec![finished()]));
}

#[test]
fn finishing_is_all_or_nothing() {
    let running = given(&[started()]);
    for (results, error) in [
        (vec![], Error::ResultMissing { uid: band(1) }),
        (vec![report(1, 100)], Error::ResultMissing { uid: band(2) }),
        (vec![report(1, 100), report(3, 1), report(2, 1)], Error::BandNotInPlay { uid: band(3) }),
        (vec![report(1, 100), report(2, 1), report(1, 100)], Error::BandTwice { uid: band(1) }),
    ] {
        assert_eq!(decide(&running, finish(&results)), Err(error));
    }
}

#[test]
fn levels_and_lives_have_their_limits() {
    let running = given(&[started()]);
    let with = |level, lives| finish(&[ReportedResult { level, lives, ..report(1, 100) }, report(2, 200)]);
    assert!(decide(&running, with(1_000, Some(1_000))).is_ok());
    assert_eq!(decide(&running, with(1_001, None)), Err(Error::LevelOutOfRange { level: 1_001 }));
    assert_eq!(decide(&running, with(0, Some(1_001))), Err(Error::LivesOutOfRange { lives: 1_001 }));
}

#[test]
fn the_same_results_again_yield_nothing_and_others_are_refused() {
    let again = finish(&[report(1, 100), report(2, 200)]);
    assert_eq!(decide(&over(), again.clone()), Ok(vec![]));
    assert_eq!(decide(&given(&[started(), finished(), corrected(), voided()]), again.clone()), Ok(vec![]));
    assert_eq!(decide(&over(), finish(&[report(1, 100), report(2, 201)])), Err(Error::AlreadyOver));
    assert_eq!(decide(&given(&[started(), aborted()]), again.clone()), Err(Error::AlreadyOver));
    assert_eq!(decide(&given(&[]), again), Err(Error::NotFound));
}

#[test]
fn aborts_once() {
    assert_eq!(decide(&given(&[started()]), abort("fire drill")), Ok(vec![aborted()]));
    let aborted = given(&[started(), aborted()]);
    assert_eq!(decide(&aborted, abort("fire drill")), Ok(vec![]));
    assert_eq!(decide(&aborted, abort("boredom")), Err(Error::AlreadyOver));
    assert_eq!(decide(&over(), abort("fire drill")), Err(Error::AlreadyOver));
    assert_eq!(decide(&given(&[]), abort("fire drill")), Err(Error::NotFound));
}

#[test]
fn is_overdue_only_past_its_maximum_length() {
    let running = given(&[started()]);
    let overdue = C::AbortOverdue { at: at(11) };
    assert!(matches!(decide(&running, overdue.clone()).as_deref(), Ok([E::Aborted { .. }])));
    let not_yet = Err(Error::NotOverdue { ends_by: at(10) });
    assert_eq!(decide(&running, C::AbortOverdue { at: at(10) }), not_yet);
    assert_eq!(decide(&over(), overdue.clone()), Err(Error::AlreadyOver));
    assert_eq!(decide(&given(&[started(), aborted()]), overdue.clone()), Err(Error::AlreadyOver));
    assert_eq!(decide(&given(&[]), overdue), Err(Error::NotFound));
}

/// Aborted by the scheduler at minute 11.
fn given_up() -> PlayState {
    let events = decide(&given(&[started()]), C::AbortOverdue { at: at(11) }).unwrap();
    given(&[started(), events[0].clone()])
}

fn finish_at(ended_at: Option<Timestamp>, now: i64) -> C {
    C::Finish { results: vec![report(1, 100), report(2, 200)], ended_at, at: at(now) }
}

#[test]
fn an_overdue_play_takes_its_results_later_as_of_when_it_ended() {
    let finished_at = |command| match decide(&given_up(), command).unwrap().as_slice() {
        [E::Finished { at, .. }] => *at,
        events => panic!("{events:?}"),
    };
    assert_eq!(finished_at(finish_at(Some(at(7)), 70)), at(7));
    assert_eq!(finished_at(finish_at(None, 70)), at(10), "the latest it may have ended");
    let late = E::Finished { results: vec![scored(1, 100), scored(2, 200)], at: at(7) };
    let overdue = decide(&given(&[started()]), C::AbortOverdue { at: at(11) }).unwrap();
    let over = given(&[started(), overdue[0].clone(), late]);
    assert_eq!(decide(&over, finish_at(Some(at(7)), 80)), Ok(vec![]), "once");
    assert_eq!(decide(&over, correct(1, 150)), Ok(vec![corrected()]));
}

#[test]
fn a_play_ends_after_its_beginning_and_not_in_the_future() {
    for state in [given(&[started()]), given_up()] {
        let before = at(0) - jiff::SignedDuration::from_secs(1);
        let refused = decide(&state, finish_at(Some(before), 20));
        assert_eq!(refused, Err(Error::EndsBeforeStart { started_at: at(0) }));
        assert_eq!(decide(&state, finish_at(Some(at(21)), 20)), Err(Error::InFuture { now: at(20) }));
        assert!(decide(&state, finish_at(Some(at(20)), 20)).is_ok());
    }
}

#[test]
fn a_recorded_play_is_finished_and_its_scores_can_be_corrected() {
    let recorded = E::Recorded {
        id: play(1),
        location: location_id(),
        room: room(1),
        game: game(),
        variant: variant(1),
        mode: Mode::Pvp,
        results: vec![scored(1, 100), scored(2, 200)],
        labelled: vec![],
        started_at: at(0),
        ended_at: at(5),
        at: at(70),
    };
    let state = given(&[recorded]);
    assert_eq!(state.started_at(location_id()).unwrap().room, room(1));
    assert_eq!(decide(&state, correct(1, 150)), Ok(vec![corrected()]));
    assert_eq!(decide(&state, abort("fire drill")), Err(Error::AlreadyOver));
}

#[test]
fn a_correction_changes_what_it_names_and_keeps_the_rest() {
    assert_eq!(decide(&over(), correct(1, 150)), Ok(vec![corrected()]));
    let after = given(&[started(), finished(), corrected()]);
    assert_eq!(after.finished().unwrap().score_of(player(1)).unwrap().result, scored(1, 150));
    assert_eq!(after.finished().unwrap().score_of(player(2)).unwrap().result, scored(2, 200));
    assert_eq!(decide(&after, correct(1, 150)), Ok(vec![]));
    assert_eq!(decide(&over(), correct(1, 100)), Ok(vec![]));
}

#[test]
fn a_correction_needs_a_finished_play_its_player_and_a_possible_level() {
    assert_eq!(decide(&given(&[]), correct(1, 1)), Err(Error::NotFound));
    assert_eq!(decide(&given(&[started()]), correct(1, 1)), Err(Error::NotFinished));
    assert_eq!(decide(&given(&[started(), aborted()]), correct(1, 1)), Err(Error::NotFinished));
    assert_eq!(decide(&over(), correct(3, 1)), Err(Error::PlayerNotInPlay));
    let too_high = C::CorrectScore {
        player: player(1),
        points: None,
        level: Some(1_001),
        lives: None,
        reason: reason("typo"),
        at: at(6),
    };
    assert_eq!(decide(&over(), too_high), Err(Error::LevelOutOfRange { level: 1_001 }));
}

#[test]
fn a_score_is_voided_once_and_for_all() {
    assert_eq!(decide(&over(), void(2)), Ok(vec![voided()]));
    let after = given(&[started(), finished(), voided()]);
    assert_eq!(decide(&after, void(2)), Ok(vec![]));
    assert_eq!(decide(&after, correct(2, 5)), Err(Error::ScoreVoided));
    assert!(decide(&after, correct(1, 5)).is_ok());
    assert_eq!(decide(&over(), void(3)), Err(Error::PlayerNotInPlay));
    assert_eq!(decide(&given(&[started()]), void(1)), Err(Error::NotFinished));
}

#[test]
fn a_play_of_another_location_does_not_exist_here() {
    let elsewhere = super::world::elsewhere();
    assert!(over().started_at(location_id()).is_ok());
    assert_eq!(over().started_at(elsewhere), Err(Error::NotFound));
}

proptest! {
    /// Whatever order events come in, there is a state, and a finished one has a score a result.
    #[test]
    fn evolve_survives_any_order(kinds in vec(0..5_usize, 0..12)) {
        let all = [started(), finished(), aborted(), corrected(), voided()];
        let state = given(&kinds.iter().map(|kind| all[*kind].clone()).collect::<Vec<_>>());
        if let Ok(play) = state.finished() {
            prop_assert_eq!(play.scores.len(), play.reported.len());
            prop_assert_eq!(play.reported.len(), play.started.participants.len());
        }
        prop_assert_eq!(state.started().is_ok(), kinds.contains(&0));
    }
}
