//! Write, then read with the token: the effect is there, however warm the cache and whoever else reads.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::http::StatusCode;
use domain::{ids::LocationId, location::LocationEvent, log::Token, values::Name};
use read_store::progress::Progress;

use crate::world::{ELSEWHERE, HOME, World};

const VIEW: &str = "/v1/locations";

async fn rename(world: &World, name: &str) -> Token {
    rename_at(world, HOME, name).await
}

async fn rename_at(world: &World, location: LocationId, name: &str) -> Token {
    let fact = LocationEvent::Renamed { name: Name::stored(name) };
    world.say(&location.stream(), Some(location), fact).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cached_answer_is_never_older_than_the_token() {
    let world = Arc::new(World::new().await);
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (world, done) = (world.clone(), done.clone());
            tokio::spawn(async move {
                let mut answers = 0_u32;
                while !done.load(Ordering::SeqCst) || answers == 0 {
                    let reply = world.send(&world.desk, VIEW, &[]).await;
                    answers += u32::from(reply.status == StatusCode::OK);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for turn in 0..50 {
        let name = format!("Name {turn}");
        let token = rename(&world, &name).await;
        let reply = world.see_as_of(token, &world.desk, VIEW).await;
        let position: Token = reply.headers["aero-position"].to_str().unwrap().parse().unwrap();
        assert!(position.position >= token.position);
        assert_eq!(reply.ok()["items"][0]["name"], name.as_str());
        let again = world.send(&world.desk, VIEW, &[]).await.ok();
        assert_eq!(again["items"][0]["name"], name.as_str(), "who has seen it keeps seeing it");
    }
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn an_etag_holds_until_its_location_changes() {
    let world = World::new().await;
    let etag = |reply: &crate::world::Reply| reply.headers["etag"].to_str().unwrap().to_owned();
    let first = etag(&world.see(&world.desk, VIEW).await);
    world.register(ELSEWHERE, 1, ("Ana", "Ek"), "a@example.org").await;
    let same = world.see(&world.desk, VIEW).await;
    assert_eq!(etag(&same), first);
    let known = world.send(&world.desk, VIEW, &[("if-none-match", &first)]).await;
    assert_eq!((known.status, known.body), (StatusCode::NOT_MODIFIED, serde_json::Value::Null));
    let admins = world.send(&world.admin, VIEW, &[("if-none-match", &first)]).await;
    assert_eq!(admins.ok()["items"].as_array().unwrap().len(), 2, "an admin's list is another answer");
    rename(&world, "New").await;
    let changed = world.see(&world.desk, VIEW).await;
    assert_ne!(etag(&changed), first);
    assert_eq!(changed.ok()["items"][0]["name"], "New");
}

#[tokio::test]
async fn another_process_knows_which_location_changed() {
    let world = World::new().await;
    let (db, progress) = (world.another_read_db().await, Progress::default());
    world.see(&world.desk, VIEW).await.ok();
    progress.refresh(&db, &world.log_end().await).await.unwrap();
    let before = progress.location_watermark("locations", HOME).unwrap();

    let elsewhere = rename_at(&world, ELSEWHERE, "New").await;
    world.see(&world.desk, VIEW).await.ok();
    progress.refresh(&db, &world.log_end().await).await.unwrap();
    assert_eq!(progress.watermark("locations").unwrap().position, elsewhere.position);
    assert_eq!(progress.location_watermark("locations", HOME).unwrap(), before);
    assert_eq!(progress.location_watermark("locations", ELSEWHERE).unwrap().position, elsewhere.position);

    let home = rename_at(&world, HOME, "New").await;
    world.see(&world.desk, VIEW).await.ok();
    progress.refresh(&db, &world.log_end().await).await.unwrap();
    assert_eq!(progress.location_watermark("locations", HOME).unwrap().position, home.position);
}
