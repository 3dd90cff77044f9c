//! The same views out of read tables on a server.

#[tokio::test]
async fn mssql_all_views() {
    shared::sql::testing::run_on_server(&[], 30).await;
}
