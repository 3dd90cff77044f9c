//! The chain's set-up on SQL Server. Each of these tests needs the server that `AEROSPORTS_TEST_MSSQL` names.

mod away;
mod command_line;
mod day;
mod promote;
mod replica;
mod restored;
mod roles;
mod start;

use aerosports::demo::{Day, Target, command::differences, ledger::Ledger};
use aerosports_tests::{MssqlDatabase, Services, nats};

use crate::BINARY;

/// Four services over NATS on a database of their own; dropped in this order.
struct Chain {
    services: Services,
    database: MssqlDatabase,
}

impl Chain {
    async fn start() -> Self {
        let database = MssqlDatabase::create().await;
        let services =
            Services::start_on(BINARY, &nats::binaries().remove(0), &database.url()).await.unwrap();
        Self { services, database }
    }
}

fn day() -> Day {
    Day { guests: 120, parallel: 16, ..Day::default() }
}

/// Clients, log and views agree.
async fn agree(target: &Target, ledger: &Ledger, database: &MssqlDatabase) {
    assert_eq!(ledger.players.len(), 120);
    assert!(ledger.finished() > 50, "{} plays finished", ledger.finished());
    let place = database.place().unwrap();
    let differences = differences(target, &day(), ledger, Some(&place)).await.unwrap();
    assert_eq!(differences, Vec::<String>::new());
}
