//! The runner on real files: exactly once, fenced, taken over, parked, rebuilt.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod bench;
mod folded;
mod following;
mod parked;
mod rebuilt;
mod workers;

#[tokio::test]
async fn these_tests_pass_on_mssql() {
    read_store::testing::run_on_server(&[], 20).await;
}
