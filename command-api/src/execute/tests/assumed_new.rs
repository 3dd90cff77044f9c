//! What is supposed of streams that nobody has cached is found out when it is wrong.

use std::sync::atomic::{AtomicU32, Ordering};

use shared::domain::{
    Change,
    claim::{self, Claim},
};

use super::{
    Answer, CommandContext, ExecuteError, Executor, Outcome, Pair, Session, keyed, once, refusal, thing,
    version,
};

/// More than it takes to suppose that the next one is new.
const MANY: usize = 300;

/// `owner` gets `what`, which mostly nobody had before.
async fn register(process: &Executor, context: &CommandContext, what: &str, owner: &str) -> Outcome {
    process.run(context, |session| decide(session, what, owner)).await
}

async fn decide(session: Session, what: &str, owner: &str) -> Result<Answer, ExecuteError> {
    let state = session.load_or_begin::<Claim>(thing(what)).await?;
    let claimed = claim::claim(&state, &thing(owner), "thing").map_err(ExecuteError::refused)?;
    session.record(Change::all(&thing(what), claimed));
    Ok(Answer::ok(thing(what)))
}

/// A pair of which `one` has seen so many new things that it supposes the next to be new.
async fn sure() -> Pair {
    let here = Pair::new().await;
    for number in 0..MANY {
        let registered = register(&here.one, &once(), &format!("thing {number}"), "owner").await.unwrap();
        assert_eq!(version(&registered), 1);
    }
    here
}

#[tokio::test]
async fn what_another_process_began_is_not_begun_again() {
    let here = sure().await;
    register(&here.two, &once(), "it", "two").await.unwrap();
    assert_eq!(refusal(register(&here.one, &once(), "it", "one").await), "already_in_use");
    assert_eq!(here.length(&thing("it")).await, 1);
}

#[tokio::test]
async fn what_another_process_ended_is_begun_again_where_it_stands() {
    let here = sure().await;
    register(&here.two, &once(), "it", "two").await.unwrap();
    here.release(&here.two, "it", "two").await.unwrap();
    let registered = register(&here.one, &once(), "it", "one").await.unwrap();
    assert_eq!(version(&registered), 3, "after the other's claim and release");
}

#[tokio::test]
async fn a_mistake_is_made_once() {
    let here = sure().await;
    for name in ["first", "second"] {
        register(&here.two, &once(), name, "two").await.unwrap();
        here.release(&here.two, name, "two").await.unwrap();
    }
    let tries = AtomicU32::new(0);
    for name in ["first", "second"] {
        let counted = |session| {
            tries.fetch_add(1, Ordering::Relaxed);
            decide(session, name, "one")
        };
        here.one.run(&once(), counted).await.unwrap();
    }
    assert_eq!(tries.into_inner(), 3, "the first was decided twice, the second once");
}

#[tokio::test]
async fn a_command_that_another_process_carried_out_is_not_carried_out_on_a_supposed_stream() {
    let here = sure().await;
    let context = keyed();
    let first = register(&here.two, &context, "it", "owner").await.unwrap();
    let again = register(&here.one, &context, "it", "owner").await.unwrap();
    assert_eq!((again.replayed, &again.body), (true, &first.body));
    assert_eq!(here.length(&thing("it")).await, 1);
}

#[tokio::test]
async fn a_drawn_id_is_not_looked_up_and_guarded_all_the_same() {
    let here = Pair::new().await;
    let begin = async |session: Session| {
        let state = session.begin::<Claim>(thing("it"));
        let claimed = claim::claim(&state, &thing("owner"), "thing").map_err(ExecuteError::refused)?;
        session.record(Change::all(&thing("it"), claimed));
        Ok(Answer::ok(thing("it")))
    };
    assert_eq!(version(&here.one.run(&once(), begin).await.unwrap()), 1);
    let other = here.two.run(&once(), begin).await;
    assert!(matches!(other, Err(ExecuteError::Contended { .. })), "it was there: {other:?}");
    assert_eq!(here.length(&thing("it")).await, 1);
}
