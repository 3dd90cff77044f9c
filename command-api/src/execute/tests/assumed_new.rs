//! A stream that is wrongly assumed new is found out.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::{
    Change,
    claim::{self, Claim},
};

use super::{
    Changed, CommandContext, Decided, ExecuteError, Executor, Outcome, Pair, UnitOfWork, keyed, once,
    refusal, thing, version,
};

/// More than it takes to assume that the next one is new.
const MANY: usize = 300;

/// `owner` gets `what`, which mostly nobody had before.
async fn register(process: &Executor, context: &CommandContext, what: &str, owner: &str) -> Outcome {
    process.run(context, None, |work| decide(work, what, owner)).await
}

async fn decide(work: UnitOfWork, what: &str, owner: &str) -> Decided<Changed> {
    let state = work.load_or_begin::<Claim>(thing(what)).await?;
    let claimed = claim::claim(&state, &thing(owner), "thing").map_err(ExecuteError::refused)?;
    work.record(Change::all(&thing(what), claimed));
    Ok(work.changed(thing(what)))
}

/// A pair of which `one` has seen so many new things that it assumes the next to be new.
async fn assuming() -> Pair {
    let here = Pair::new().await;
    for number in 0..MANY {
        let registered = register(&here.one, &once(), &format!("thing {number}"), "owner").await.unwrap();
        assert_eq!(version(&registered), 1);
    }
    here
}

#[tokio::test]
async fn a_stream_that_another_process_began_is_not_begun_again() {
    let here = assuming().await;
    register(&here.two, &once(), "it", "two").await.unwrap();
    assert_eq!(refusal(register(&here.one, &once(), "it", "one").await), "already_in_use");
    assert_eq!(here.length(&thing("it")).await, 1);
}

#[tokio::test]
async fn a_claim_that_another_process_released_is_taken_again_at_its_version() {
    let here = assuming().await;
    register(&here.two, &once(), "it", "two").await.unwrap();
    here.release(&here.two, "it", "two").await.unwrap();
    let registered = register(&here.one, &once(), "it", "one").await.unwrap();
    assert_eq!(version(&registered), 3, "after the other's claim and release");
}

#[tokio::test]
async fn a_wrong_assumption_is_made_once() {
    let here = assuming().await;
    for name in ["first", "second"] {
        register(&here.two, &once(), name, "two").await.unwrap();
        here.release(&here.two, name, "two").await.unwrap();
    }
    let tries = AtomicU32::new(0);
    for name in ["first", "second"] {
        let counted = |work| {
            tries.fetch_add(1, Ordering::Relaxed);
            decide(work, name, "one")
        };
        here.one.run(&once(), None, counted).await.unwrap();
    }
    assert_eq!(tries.into_inner(), 3, "the first was decided twice, the second once");
}

#[tokio::test]
async fn a_command_that_another_process_carried_out_is_not_repeated_on_a_stream_assumed_new() {
    let here = assuming().await;
    let context = keyed();
    let first = register(&here.two, &context, "it", "owner").await.unwrap();
    let again = register(&here.one, &context, "it", "owner").await.unwrap();
    assert_eq!((again.replayed, &again.body), (true, &first.body));
    assert_eq!(here.length(&thing("it")).await, 1);
}

#[tokio::test]
async fn a_stream_with_a_drawn_id_is_not_read_and_is_guarded() {
    let here = Pair::new().await;
    let begin = async |work: UnitOfWork| {
        let state = work.begin::<Claim>(thing("it"));
        let claimed = claim::claim(&state, &thing("owner"), "thing").map_err(ExecuteError::refused)?;
        work.record(Change::all(&thing("it"), claimed));
        Ok(work.changed(thing("it")))
    };
    assert_eq!(version(&here.one.run(&once(), None, begin).await.unwrap()), 1);
    let other = here.two.run(&once(), None, begin).await;
    assert!(matches!(other, Err(ExecuteError::Contended { .. })), "it was there: {other:?}");
    assert_eq!(here.length(&thing("it")).await, 1);
}
