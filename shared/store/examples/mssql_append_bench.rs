//! Prints the figures of `store::mssql::bench`, in databases of its own on the server that
//! `AEROSPORTS_TEST_MSSQL` names:
//! `cargo run --release -p store --features bench,testing --example mssql_append_bench -- [commands] [callers]...`.

use std::sync::Arc;

use mssql::testing::TestDatabase;
use runtime::clock::SystemClock;
use store::{bench::Load, mssql::bench::measure};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let commands = arguments.next().unwrap_or(Ok(20_000))?;
    let mut callers = arguments.collect::<Result<Vec<_>, _>>()?;
    if callers.is_empty() {
        callers = vec![64, 256];
    }
    for callers in callers {
        let database = TestDatabase::create().await;
        let report = measure(database.config(), Arc::new(SystemClock), Load { commands, callers }).await?;
        println!(
            "{callers:>4} callers: append {:>7.0}/s in batches of {:>3}, one row a commit {:>7.0}/s: {:.2}",
            report.append.per_second(),
            report.append.batch_size(),
            report.one_row.per_second(),
            report.append.per_second() / report.one_row.per_second(),
        );
    }
    Ok(())
}
