//! No sequence of commands breaks an invariant: random venue days, checked after every command.

use std::collections::BTreeMap;

use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
};

use super::{
    PlayState,
    world::{SIGNED, World, location_id, play, player, reason, room, uid},
};
use crate::{Change, play::PlayCommand, player::Player, room::Room, values::Points, wristband::ClockStart};

const BANDS: [&str; 5] = ["A", "B", "C", "D", "E"];
const ROOMS: u128 = 2;
/// How far back ends and corrections reach.
const PLAYS: u128 = 3;

type Name = &'static str;

#[derive(Clone, Debug)]
enum Step {
    Pass(i64),
    Initialize(Name, i64, ClockStart),
    Assign(Name, u128),
    Scan(Name, u128),
    AddTime(Name, i64),
    Renew(Name, i64, ClockStart),
    Transfer(Name, Name),
    Void(Name),
    Start(u128, Vec<Name>),
    Finish(u128, i64),
    Abort(u128),
    AbortOverdue(u128),
    Correct(u128, u128, i64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let band = || select(&BANDS[..]);
    let starts = || select(&[ClockStart::Now, ClockStart::FirstScan][..]);
    let some_play = || 1..=PLAYS;
    prop_oneof![
        3 => (1..20_i64).prop_map(Step::Pass),
        4 => (band(), 1..120_i64, starts()).prop_map(|(b, m, s)| Step::Initialize(b, m, s)),
        4 => (band(), 1..=SIGNED + 1).prop_map(|(b, p)| Step::Assign(b, p)),
        1 => (band(), 1..=ROOMS).prop_map(|(b, r)| Step::Scan(b, r)),
        1 => (band(), 1..=1_440_i64).prop_map(|(b, m)| Step::AddTime(b, m)),
        2 => (band(), 1..60_i64, starts()).prop_map(|(b, m, s)| Step::Renew(b, m, s)),
        2 => (band(), band()).prop_map(|(a, b)| Step::Transfer(a, b)),
        1 => band().prop_map(Step::Void),
        4 => (1..=ROOMS, subsequence(&BANDS[..], 1..=2)).prop_map(|(r, b)| Step::Start(r, b)),
        2 => (some_play(), 0..1_000_i64).prop_map(|(p, s)| Step::Finish(p, s)),
        1 => some_play().prop_map(Step::Abort),
        1 => some_play().prop_map(Step::AbortOverdue),
        1 => (some_play(), 1..=SIGNED, 0..9_i64).prop_map(|(p, who, s)| Step::Correct(p, who, s)),
    ]
}

/// The day so far: the world, and how many plays began.
struct Day {
    world: World,
    plays: u128,
}

impl Day {
    /// A morning: three players wear bands of an hour.
    fn begin() -> Self {
        let mut world = World::new();
        for (band, number) in BANDS.into_iter().zip(1..=3) {
            world.initialize(band, 60, ClockStart::FirstScan).unwrap();
            world.assign(band, number).unwrap();
        }
        Self { world, plays: 0 }
    }

    /// What `step` changed; nothing when it was refused.
    fn take(&mut self, step: &Step) -> Vec<Change> {
        let world = &mut self.world;
        let outcome = match step {
            Step::Pass(minutes) => {
                world.pass(*minutes);
                Ok(vec![])
            }
            Step::Initialize(band, minutes, starts) => world.initialize(band, *minutes, *starts),
            Step::Assign(band, number) => world.assign(band, *number),
            Step::Scan(band, number) => world.scan(band, *number).map(|(changes, _)| changes),
            Step::AddTime(band, minutes) => world.add_time(band, *minutes),
            Step::Renew(band, minutes, starts) => world.renew(band, *minutes, *starts),
            Step::Transfer(from, to) => world.transfer(from, to),
            Step::Void(band) => world.void(band),
            Step::Start(number, bands) => {
                let started = world.start(self.plays + 1, *number, bands);
                self.plays += u128::from(started.is_ok());
                started
            }
            Step::Finish(back, points) => self.finish(*back, *points),
            Step::Abort(back) => world.abort(recent(self.plays, *back), "end of day"),
            Step::AbortOverdue(back) => world.abort_overdue(recent(self.plays, *back)),
            Step::Correct(back, who, points) => {
                world.rescore(recent(self.plays, *back), correction(*who, *points, world.now))
            }
        };
        outcome.unwrap_or_default()
    }

    fn finish(&mut self, back: u128, points: i64) -> super::world::Outcome {
        let number = recent(self.plays, back);
        let state = self.world.play(number);
        let uids: Vec<_> = state.started()?.participants.iter().map(|who| who.uid.clone()).collect();
        let results: Vec<_> = uids.iter().map(|uid| (uid.as_str(), points)).collect();
        self.world.finish(number, &results)
    }

    fn seconds_left(&self) -> BTreeMap<Name, i64> {
        BANDS.into_iter().map(|band| (band, self.world.band(band).seconds_left(self.world.now))).collect()
    }
}

/// The play `back` plays ago, so that steps hit plays that exist.
fn recent(plays: u128, back: u128) -> u128 {
    (plays + 1).saturating_sub(back)
}

fn correction(who: u128, points: i64, at: jiff::Timestamp) -> PlayCommand {
    PlayCommand::CorrectScore {
        player: player(who),
        points: Some(Points::new(points).unwrap()),
        level: None,
        lives: None,
        reason: reason("recount"),
        at,
    }
}

/// How many more seconds `step`, if it took effect, may leave on each band than were there before.
fn granted(step: &Step, before: &BTreeMap<Name, i64>) -> BTreeMap<Name, i64> {
    match step {
        Step::Initialize(band, minutes, _) | Step::Renew(band, minutes, _) | Step::AddTime(band, minutes) => {
            [(*band, minutes * 60)].into()
        }
        Step::Transfer(from, to) => [(*to, before[from]), (*from, -before[from])].into(),
        _ => BTreeMap::new(),
    }
}

fn check_time(step: &Step, took_effect: bool, before: &BTreeMap<Name, i64>, day: &Day) {
    let granted = if took_effect { granted(step, before) } else { BTreeMap::new() };
    for (band, after) in day.seconds_left() {
        let most = before[band] + granted.get(band).copied().unwrap_or(0);
        assert!(after <= most, "{band} has {after} s after {step:?}, at most {most} s were its own");
    }
}

/// Running plays: each in one room, each band in one, and both sides say so.
fn check_plays(day: &Day) {
    let mut bands: BTreeMap<String, u128> = BTreeMap::new();
    let mut rooms: BTreeMap<_, u128> = BTreeMap::new();
    for number in 1..=day.plays {
        match day.world.play(number) {
            PlayState::Running(running) => {
                assert_eq!(rooms.insert(running.room, number), None, "two plays in one room");
                for who in &running.participants {
                    assert_eq!(bands.insert(who.uid.to_string(), number), None, "a band in two plays");
                }
            }
            PlayState::Finished(finished) => {
                let reported = finished.reported.iter().map(|result| &result.uid);
                let played = finished.started.participants.iter().map(|who| &who.uid);
                assert!(reported.eq(played), "a result for each participant");
            }
            PlayState::Aborted { .. } => {}
            PlayState::Absent => panic!("play {number} was started"),
        }
    }
    for band in BANDS {
        assert_eq!(day.world.band(band).in_play(), bands.get(band).map(|number| play(*number)), "{band}");
    }
    for number in 1..=ROOMS {
        let state = day.world.load::<Room>(&room(number).stream());
        let expected = rooms.get(&room(number)).map(|number| play(*number));
        assert_eq!(state.at(location_id()).unwrap().occupied_by(), expected);
    }
}

/// Who wears a live band has it in the own stream, so nobody wears two.
fn check_wearers(day: &Day) {
    for band in BANDS {
        let state = day.world.band(band);
        if let Some(wearer) = state.player().filter(|_| state.is_live(day.world.now)) {
            let player = day.world.load::<Player>(&wearer.stream());
            assert_eq!(player.existing().unwrap().band, Some(uid(band)), "{wearer} wears another");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_sequence_of_commands_breaks_an_invariant(steps in vec(any_step(), 1..80)) {
        let mut day = Day::begin();
        for step in &steps {
            let before = day.seconds_left();
            let took_effect = !day.take(step).is_empty();
            check_time(step, took_effect, &before, &day);
            check_plays(&day);
            check_wearers(&day);
        }
    }
}

/// The random days are worth something: they start and finish plays, and not just refuse.
#[test]
fn random_days_reach_the_interesting_commands() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let (mut plays, mut transfers, mut finishes) = (0, 0, 0);
    for _ in 0..50 {
        let steps = vec(any_step(), 80).new_tree(&mut runner).unwrap().current();
        let mut day = Day::begin();
        for step in &steps {
            let took_effect = usize::from(!day.take(step).is_empty());
            match step {
                Step::Start(..) => plays += took_effect,
                Step::Transfer(..) => transfers += took_effect,
                Step::Finish(..) => finishes += took_effect,
                _ => {}
            }
        }
    }
    assert!(plays > 100 && transfers > 20 && finishes > 40, "{plays} {transfers} {finishes}");
}
