//! Caches are hints: whatever a process remembers, it accepts and refuses by the truth.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use domain::{
    Change,
    claim::{Claim, ClaimError},
    location::{LocationCommand, LocationEvent},
};
use futures::future::join_all;

use super::{ExecuteError, Pair, UnitOfWork, change, keyed, name, once, refusal, thing, version};

#[tokio::test]
async fn a_command_decided_on_an_old_state_is_decided_again() {
    let here = Pair::new().await;
    assert_eq!(version(&here.rename(&here.one, &once(), "A").await.unwrap()), 2);
    assert_eq!(version(&here.rename(&here.two, &once(), "B").await.unwrap()), 3);
    let again = here.rename(&here.one, &once(), "C").await.unwrap();
    assert_eq!(
        (version(&again), again.token.position.0),
        (4, 5),
        "after the claim, the opening, and A and B"
    );
    assert_eq!(here.length(&here.location.stream()).await, 4);
}

#[tokio::test]
async fn a_command_in_effect_elsewhere_is_done_again_only_when_it_is_not_in_effect() {
    let here = Pair::new().await;
    here.rename(&here.two, &once(), "B").await.unwrap();
    // `one` still remembers "Maze", so it would rename; the truth is that nothing is left to do.
    assert_eq!(version(&here.rename(&here.one, &once(), "B").await.unwrap()), 2);
    // `two` remembers "B", so it would do nothing; the truth is that the name is another by now.
    here.rename(&here.one, &once(), "C").await.unwrap();
    assert_eq!(version(&here.rename(&here.two, &once(), "B").await.unwrap()), 4);
}

#[tokio::test]
async fn a_stream_that_was_only_read_is_guarded_too() {
    let here = Pair::new().await;
    here.take(&here.two, "first", "owner").await.unwrap();
    here.disable(&here.one).await;
    assert_eq!(refusal(here.take(&here.two, "second", "owner").await), "location_disabled");
    assert_eq!(here.length(&thing("second")).await, 0);
}

#[tokio::test]
async fn a_refusal_made_on_an_old_state_is_made_again() {
    let here = Pair::new().await;
    here.disable(&here.one).await;
    assert_eq!(refusal(here.take(&here.two, "first", "owner").await), "location_disabled");
    here.enable(&here.one).await;
    here.take(&here.two, "first", "owner").await.unwrap();
    assert_eq!(here.length(&thing("first")).await, 1);
}

#[tokio::test]
async fn a_thing_that_two_want_goes_to_one() {
    let here = Pair::new().await;
    let (one, two) = tokio::join!(here.take(&here.one, "it", "one"), here.take(&here.two, "it", "two"));
    let loser = match (one, two) {
        (Ok(_), loser) | (loser, Ok(_)) => loser,
        neither => panic!("nobody got it: {neither:?}"),
    };
    assert_eq!(refusal(loser), "already_in_use");
    assert_eq!(here.length(&thing("it")).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_on_one_stream_is_served_to_the_last() {
    let here = Pair::new().await;
    let crowd = (0..32).map(|number| {
        let process = if number % 2 == 0 { here.one.clone() } else { here.two.clone() };
        let location = here.location;
        tokio::spawn(async move {
            let rename = || LocationCommand::Rename { name: name(&format!("Maze {number}")) };
            process.run(&keyed(), None, |work| change(work, location, rename())).await
        })
    });
    let crowd: Vec<_> = crowd.collect();
    let versions: BTreeSet<u64> =
        join_all(crowd).await.into_iter().map(|outcome| version(&outcome.unwrap().unwrap())).collect();
    assert_eq!(versions, (2..=33).collect(), "each got a version of its own");
    assert_eq!(here.length(&here.location.stream()).await, 33);
}

#[tokio::test]
async fn a_command_that_records_without_loading_is_found_out() {
    let here = Pair::new().await;
    let stream = here.location.stream();
    let outcome = here
        .one
        .run(&once(), None, |work| {
            let stream = stream.clone();
            async move {
                work.load::<Claim>(thing("other")).await?;
                work.record(Change::all(&stream, [LocationEvent::Enabled]));
                Ok(work.changed(stream))
            }
        })
        .await;
    assert!(matches!(outcome, Err(ExecuteError::NotLoaded(unloaded)) if unloaded == stream));
    assert_eq!(here.length(&stream).await, 1);
}

#[tokio::test]
async fn a_refusal_made_on_states_of_different_moments_is_made_again() {
    let here = Pair::new().await;
    here.take(&here.one, "left", "owner").await.unwrap();
    let (fresh, moved) = (here.installation.executor(here.installation.open().await), AtomicBool::new(false));
    let decide = async |work: UnitOfWork| {
        let left = work.load::<Claim>(thing("left")).await?;
        if !moved.swap(true, Ordering::SeqCst) {
            here.release(&here.one, "left", "owner").await.unwrap();
            here.take(&here.one, "right", "owner").await.unwrap();
        }
        let right = work.load::<Claim>(thing("right")).await?;
        match (&left.owner, &right.owner) {
            (Some(_), Some(_)) => {
                Err(ExecuteError::refused(ClaimError::Taken { what: "other thing", owner: String::new() }))
            }
            _ => Ok(work.changed(thing("right"))),
        }
    };
    fresh.run(&once(), None, decide).await.expect("never were both taken");
}
