//! The simulated day, audited: in one process, and as separate services over every nats-server.

use aerosports::{
    demo::{Day, Target, command::differences, run},
    settings::database::Database,
};
use aerosports_tests::{Services, Up, nats};

use crate::BINARY;

fn day() -> Day {
    Day { guests: 120, parallel: 16, ..Day::default() }
}

async fn audited(target: &Target, folder: &std::path::Path) {
    let ledger = run(target, &day(), |_, _| {}).await.unwrap();
    assert_eq!(ledger.players.len(), 120);
    assert!(ledger.finished() > 50, "{} plays finished", ledger.finished());
    let database = Database::Sqlite(folder.to_owned());
    let differences = differences(target, &day(), &ledger, Some(&database)).await.unwrap();
    assert_eq!(differences, Vec::<String>::new());
}

#[tokio::test]
async fn every_play_of_a_day_is_accounted_for_in_one_process() {
    let mut up = Up::start(BINARY).await.unwrap();
    audited(&up.target(), up.data_dir()).await;
    up.process.signal("TERM").await.unwrap();
    assert!(up.process.wait().await.unwrap().success());
}

#[tokio::test]
async fn every_play_of_a_day_is_lit_and_nothing_is_left_on() {
    let up = Up::start(BINARY).await.unwrap();
    let day = Day { plugs: true, guests: 60, ..day() };
    let ledger = run(&up.target(), &day, |_, _| {}).await.unwrap();
    let database = Database::Sqlite(up.data_dir().to_owned());
    let differences = differences(&up.target(), &day, &ledger, Some(&database)).await.unwrap();
    assert_eq!(differences, Vec::<String>::new());
    let seen = ledger.plugs.as_ref().unwrap();
    assert_eq!((seen.lit.len(), seen.dark.len()), (ledger.plays.len(), ledger.plays.len()));
    assert!(seen.switches() > 2 * ledger.plays.len(), "{}", seen.switches());
    assert!(seen.switched.values().all(|times| times.on > 0 && times.off > 0), "{:?}", seen.switched);
}

#[tokio::test]
async fn every_play_of_a_day_is_accounted_for_over_nats() {
    for binary in nats::binaries() {
        let services = Services::start(BINARY, &binary).await.unwrap();
        audited(&services.target(), services.data_dir()).await;
    }
}

#[tokio::test]
async fn the_day_goes_on_while_nats_is_away() {
    let binary = nats::binaries().remove(0);
    let mut services = Services::start(BINARY, &binary).await.unwrap();
    let target = services.target();
    let day = tokio::spawn(async move { run(&target, &day(), |_, _| {}).await });
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    services.nats.kill().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    services.nats.restart().await.unwrap();
    let ledger = day.await.unwrap().unwrap();
    let database = Database::Sqlite(services.data_dir().to_owned());
    let differences =
        differences(&services.target(), &Day::default(), &ledger, Some(&database)).await.unwrap();
    assert_eq!(differences, Vec::<String>::new());
}

#[tokio::test]
async fn another_projector_takes_over_when_one_is_killed() {
    let binary = nats::binaries().remove(0);
    let mut services = Services::start(BINARY, &binary).await.unwrap();
    let standby = services.serve("projector").await.unwrap();
    services.projector.kill().await.unwrap();
    audited(&services.target(), services.data_dir()).await;
    drop(standby);
}
