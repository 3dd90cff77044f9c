//! `kill -9` in the middle of the day, ten times: nothing acknowledged is lost, nothing is doubled.

use std::time::Duration;

use aerosports::{
    demo::{Day, command::differences, run},
    settings::database::Database,
};
use aerosports_tests::Up;

use crate::BINARY;

const KILLS: u64 = 10;

#[tokio::test]
async fn ten_kills_lose_and_double_nothing() {
    let mut up = Up::start(BINARY).await.unwrap();
    let mut kills = 0;
    let mut seed = 7;
    let mut retried = 0;
    while kills < KILLS {
        let day = Day { seed, guests: 300, parallel: 16, ..Day::default() };
        let (target, of_day) = (up.target(), day.clone());
        let clients = tokio::spawn(async move { run(&target, &of_day, |_, _| {}).await });
        while kills < KILLS {
            // Moments that differ from kill to kill, from day to day and from run to run; a day that is
            // over before its moment is followed by another.
            let moment = 40 + (kills * 377 + seed * 131 + u64::from(std::process::id())) % 360;
            tokio::time::sleep(Duration::from_millis(moment)).await;
            if clients.is_finished() {
                break;
            }
            up.process.kill().await.unwrap();
            up.restart().await.unwrap();
            kills += 1;
        }
        let ledger = clients.await.unwrap().unwrap();
        retried += ledger.retried;
        let database = Database::Sqlite(up.data_dir().to_owned());
        let differences = differences(&up.target(), &day, &ledger, Some(&database)).await.unwrap();
        assert_eq!(differences, Vec::<String>::new(), "seed {seed}, {kills} kills");
        seed += 1;
    }
    assert!(retried > 0, "no kill met a request");
}
