//! A command id takes effect once, whoever sends it again, whenever, and to whichever process.

use std::{fmt::Debug, sync::Arc};

use domain::{ids::LocationId, location::LocationCommand, log::Version};
use runtime::clock::Clock as _;
use tokio::sync::Notify;

use super::{
    Changed, CommandContext, Decided, ExecuteError, Outcome, Pair, change, keyed, name, once, refusal, take,
    thing,
};

/// The very same answer, told as an earlier one.
fn assert_replayed<T: Debug>(first: &Outcome<T>, again: Outcome<T>) {
    let (first, again) = (first.as_ref().unwrap(), again.unwrap());
    assert!(!first.replayed && again.replayed);
    assert_eq!((first.status, &first.body, first.token), (again.status, &again.body, again.token));
}

#[tokio::test]
async fn a_repeated_command_gets_its_first_answer_in_every_process() {
    let here = Pair::new().await;
    let context = keyed();
    let first = here.rename(&here.one, &context, "A").await;
    for process in [&here.one, &here.two] {
        assert_replayed(&first, here.rename(process, &context, "A").await);
    }
    assert_eq!(here.length(&here.location.stream()).await, 2);
}

#[tokio::test]
async fn the_first_answer_is_given_also_after_the_state_moved_on() {
    let here = Pair::new().await;
    let context = keyed();
    let first = here.rename(&here.one, &context, "A").await;
    here.rename(&here.two, &once(), "B").await.unwrap();
    for process in [&here.one, &here.two] {
        assert_replayed(&first, here.rename(process, &context, "A").await);
    }
    assert_eq!(here.length(&here.location.stream()).await, 3, "B was not renamed back to A");
}

/// The caller draws a fresh id each time, so the rules say no: the code is taken, by the first try.
#[tokio::test]
async fn a_repeated_creation_gets_its_first_answer_and_not_a_refusal() {
    let here = Pair::new().await;
    let context = keyed();
    let fresh = || LocationId(here.installation.clock.new_uuid());
    let first = here.open(&here.one, &context, "dome", fresh()).await;
    for process in [&here.one, &here.two] {
        assert_replayed(&first, here.open(process, &context, "dome", fresh()).await);
    }
    let other = here.open(&here.one, &keyed(), "dome", fresh()).await;
    assert_eq!(refusal(other), "already_in_use");
}

#[tokio::test]
async fn a_command_that_changed_nothing_is_answered_the_same_way_again() {
    let here = Pair::new().await;
    let context = keyed();
    let first = here.rename(&here.one, &context, "Maze").await;
    here.rename(&here.one, &once(), "A").await.unwrap();
    assert_replayed(&first, here.rename(&here.two, &context, "Maze").await);
    assert_eq!(here.length(&here.location.stream()).await, 2, "A was not renamed back");
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let here = Pair::new().await;
    let context = keyed();
    here.open(&here.one, &context, "dome", LocationId(here.installation.clock.new_uuid())).await.unwrap();
    let other = CommandContext { request_hash: [8; 32], ..context };
    for process in [&here.one, &here.two] {
        // One that the rules would allow, and one that they would refuse.
        for code in ["cave", "dome"] {
            let id = LocationId(here.installation.clock.new_uuid());
            let outcome = here.open(process, &other, code, id).await;
            assert!(matches!(outcome, Err(ExecuteError::KeyReused)), "{code}: {outcome:?}");
            assert_eq!(here.length(&id.stream()).await, 0);
        }
    }
}

#[tokio::test]
async fn a_key_that_is_being_worked_on_is_told_so() {
    let here = Pair::new().await;
    let (context, gate, entered) = (keyed(), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (one, context, location) = (here.one.clone(), context.clone(), here.location);
        let (gate, entered) = (gate.clone(), entered.clone());
        tokio::spawn(async move {
            let decide = |work| {
                let (gate, entered) = (gate.clone(), entered.clone());
                async move {
                    entered.notify_one();
                    gate.notified().await;
                    change(work, location, LocationCommand::Rename { name: name("A") }).await
                }
            };
            one.run(&context, None, decide).await
        })
    };
    entered.notified().await;
    let meanwhile = here.rename(&here.one, &context, "A").await;
    assert!(matches!(meanwhile, Err(ExecuteError::InFlight)), "{meanwhile:?}");
    here.rename(&here.one, &keyed(), "B").await.expect("another key is nobody's concern");
    gate.notify_one();
    // Should it have loaded before B came, it decides once more.
    gate.notify_one();
    let first = slow.await.unwrap();
    assert_replayed(&first, here.rename(&here.one, &context, "A").await);
}

/// A caller that goes away leaves nothing locked.
#[tokio::test]
async fn a_command_given_up_frees_its_key() {
    let here = Pair::new().await;
    let context = keyed();
    let entered = Arc::new(Notify::new());
    let abandoned = {
        let (one, context, entered) = (here.one.clone(), context.clone(), entered.clone());
        tokio::spawn(async move {
            let decide = |_| {
                let entered = entered.clone();
                async move {
                    entered.notify_one();
                    std::future::pending::<Decided<Changed>>().await
                }
            };
            one.run(&context, None, decide).await
        })
    };
    entered.notified().await;
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    here.rename(&here.one, &context, "A").await.unwrap();
}

#[tokio::test]
async fn the_same_command_sent_to_two_processes_at_once_takes_effect_once() {
    let here = Pair::new().await;
    let context = keyed();
    let (one, two) =
        tokio::join!(here.rename(&here.one, &context, "A"), here.rename(&here.two, &context, "A"));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((&one.body, one.token), (&two.body, two.token));
    assert_eq!([one, two].into_iter().filter(|accepted| accepted.replayed).count(), 1);
    assert_eq!(here.length(&here.location.stream()).await, 2);
}

#[tokio::test]
async fn the_answer_is_stored_with_the_events() {
    let here = Pair::new().await;
    let context = keyed();
    let accepted = here.rename(&here.one, &context, "A").await.unwrap();
    let stored = here.two.store().answer(context.command).await.unwrap().unwrap();
    assert_eq!((stored.status, &stored.body, stored.token), (200, &accepted.body, accepted.token));
    assert_eq!(stored.request_hash, context.request_hash);
    assert!(!stored.body.contains("token"), "the token follows from the position");
    let event = &here.store().read_stream(&here.location.stream(), Version(2), 1).await.unwrap()[0];
    assert_eq!(event.position, accepted.token.position);
}

#[tokio::test]
async fn a_refused_command_stores_no_answer_and_may_be_sent_again() {
    let here = Pair::new().await;
    here.disable(&here.one).await;
    let context = keyed();
    let late = |work| take(work, here.location, thing("late"), thing("owner"));
    assert_eq!(refusal(here.one.run(&context, None, late).await), "location_disabled");
    assert_eq!(here.store().answer(context.command).await.unwrap(), None);
    here.enable(&here.two).await;
    assert!(!here.one.run(&context, None, late).await.unwrap().replayed);
}
