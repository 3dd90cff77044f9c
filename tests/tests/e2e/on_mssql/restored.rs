//! The database is restored to an earlier state under services that go on running: after `aerosports timeline start`
//! everybody sees the restored state and what follows it, and nobody the lost one.

use ::mssql::{Client, Timeouts, connect, rows_of};
use aerosports_tests::client;

use super::Chain;
use crate::timelines::{LOCATIONS, ask_for, heal, locations, open_location};

/// Copies of all tables, in the schema `backup_of`.
struct Backup(Vec<String>);

async fn run(client: &mut Client, sql: &str) {
    client.simple_query(sql).await.unwrap().into_results().await.unwrap();
}

impl Backup {
    async fn take(client: &mut Client) -> Self {
        let sql = "SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES \
                   WHERE TABLE_SCHEMA IN ('store', 'views') AND TABLE_NAME <> 'schema_migrations'";
        let found = rows_of(client, sql, &[]).await.unwrap();
        let tables: Vec<String> = found
            .iter()
            .flatten()
            .map(|row| format!("{}.{}", row.get::<&str, _>(0).unwrap(), row.get::<&str, _>(1).unwrap()))
            .collect();
        assert!(tables.len() > 20, "{tables:?}");
        run(client, "CREATE SCHEMA backup_of").await;
        for (number, table) in tables.iter().enumerate() {
            run(client, &format!("SELECT * INTO backup_of.t{number} FROM {table}")).await;
        }
        Self(tables)
    }

    /// What was written since is gone. Services renew their leases meanwhile, so it may have to be tried again.
    async fn restore(&self, client: &mut Client) {
        let mut sql = "BEGIN TRANSACTION;".to_owned();
        for (number, table) in self.0.iter().enumerate() {
            let refill = [" DELETE FROM ", table, "; INSERT INTO ", table, " SELECT * FROM backup_of.t"];
            sql.extend(refill.into_iter().chain([number.to_string().as_str(), ";"]));
        }
        sql += " COMMIT TRANSACTION";
        let mut tries = 0;
        while let Err(error) = rows_of(client, &sql, &[]).await {
            tries += 1;
            assert!(tries < 20, "{error}");
        }
    }
}

#[tokio::test]
async fn a_restored_database_is_seen_by_services_that_went_on_running() {
    let chain = Chain::start().await;
    let services = &chain.services;
    let mut operator = connect(chain.database.config(), Timeouts::default()).await.unwrap();
    let kept = open_location(services, "kept").await;
    assert_eq!(locations(services, &kept).await, ["kept"]);
    let backup = Backup::take(&mut operator).await;
    open_location(services, "lost").await;
    let lost = open_location(services, "lost-too").await;
    assert_eq!(locations(services, &lost).await, ["kept", "lost", "lost-too"]);
    let mut queries = client(services.query_api.address, &services.admin);
    let etag = queries.get(LOCATIONS, &[]).await.unwrap().headers["etag"].to_str().unwrap().to_owned();

    backup.restore(&mut operator).await;
    let position: u64 = kept.split_once('.').unwrap().1.parse().unwrap();
    heal(services, &chain.database.url(), position).await;
    let after = open_location(services, "after").await;
    assert!(after.starts_with("2."), "{after}");
    assert_eq!(locations(services, &after).await, ["after", "kept"]);
    let latest = open_location(services, "last").await;
    assert_eq!(latest, lost.replacen("1.", "2.", 1), "it stands where the lost one stood");
    assert_eq!(locations(services, &latest).await, ["after", "kept", "last"]);
    let known = queries.get(LOCATIONS, &[("if-none-match", &etag)]).await.unwrap();
    assert_eq!(known.status, 200, "what the caller knows is of the lost state");
    assert_eq!(ask_for(services, &lost).await.status, 409);
    drop(operator);
}
