//! `If-Match`: an editor changes exactly the version that was seen.

use domain::log::Version;

use super::{CommandContext, ExecuteError, Pair, keyed, once, version};

fn if_match(version: u64) -> CommandContext {
    CommandContext { if_match: Some(Version(version)), ..keyed() }
}

#[tokio::test]
async fn the_version_seen_is_changed() {
    let here = Pair::new().await;
    assert_eq!(version(&here.rename(&here.one, &if_match(1), "A").await.unwrap()), 2);
    assert_eq!(version(&here.rename(&here.two, &if_match(2), "B").await.unwrap()), 3);
}

#[tokio::test]
async fn another_version_is_not() {
    let here = Pair::new().await;
    here.rename(&here.one, &once(), "A").await.unwrap();
    for process in [&here.one, &here.two] {
        for expected in [0, 1, 3] {
            match here.rename(process, &if_match(expected), "B").await {
                Err(ExecuteError::PreconditionFailed { expected: told, actual }) => {
                    assert_eq!((told, actual), (Version(expected), Version(2)));
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(here.length(&here.location.stream()).await, 2);
}

/// `one` remembers version 2; that is no reason to refuse who has seen 3.
#[tokio::test]
async fn the_version_is_compared_with_the_newest_and_not_with_what_a_process_remembers() {
    let here = Pair::new().await;
    here.rename(&here.one, &once(), "A").await.unwrap();
    here.rename(&here.two, &once(), "B").await.unwrap();
    assert_eq!(version(&here.rename(&here.one, &if_match(3), "C").await.unwrap()), 4);
    // And what `two` remembers, 3, is no longer right.
    match here.rename(&here.two, &if_match(3), "D").await {
        Err(ExecuteError::PreconditionFailed { actual, .. }) => assert_eq!(actual, Version(4)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_accepted_change_sent_again_gets_its_answer_although_the_version_moved() {
    let here = Pair::new().await;
    let context = if_match(1);
    let first = here.rename(&here.one, &context, "A").await.unwrap();
    for process in [&here.one, &here.two] {
        let again = here.rename(process, &context, "A").await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.body, first.body);
    }
}
