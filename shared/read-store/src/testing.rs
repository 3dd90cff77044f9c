//! Read stores for tests: each a file of its own, or tables of its own on a server while
//! [`run_on_server`] runs a test binary there.

use std::{cell::RefCell, fmt::Write as _, path::Path, process::Command, time::Duration};

use ::mssql::{
    Pool, PoolOptions,
    testing::{TestDatabase, server},
};
use tokio::runtime::{Handle, Id};

use super::{ReadStore, backend::Backend, mssql::Pools};

/// Names the database that read stores are on; only for processes that [`run_on_server`] starts.
const DATABASE: &str = "AEROSPORTS_TEST_READS";

/// A read store for whoever owns `dir`; the same one for the same `dir`.
///
/// # Panics
/// When it cannot be opened.
pub async fn read_db(dir: &Path, readers: u32) -> ReadStore {
    let opened = match std::env::var(DATABASE) {
        Ok(database) => ReadStore::over(Backend::Mssql(Pools::sharing(pool(&database), schema(dir)))).await,
        Err(_) => ReadStore::open(&dir.join("read.db"), readers).await,
    };
    opened.unwrap_or_else(|error| panic!("a read store: {error:?}"))
}

/// Whether read stores are on a server.
#[must_use]
pub fn on_server() -> bool {
    std::env::var_os(DATABASE).is_some()
}

/// The connections of one test: the read stores in it share them, since some servers take a second to warm up
/// each. They end with its thread.
fn pool(database: &str) -> Pool {
    thread_local! { static POOL: RefCell<Option<(Id, Pool)>> = const { RefCell::new(None) } }
    let runtime = Handle::current().id();
    POOL.with_borrow_mut(|known| {
        if let Some((of, pool)) = known
            && *of == runtime
        {
            return pool.clone();
        }
        // Patient: how many tests share the server is no property of what they test.
        let options = PoolOptions { wait: Duration::from_mins(1), ..PoolOptions::default() };
        let pool = Pool::new(server().with_database(database), options);
        *known = Some((runtime, pool.clone()));
        pool
    })
}

/// A schema named after the folder, in letters that no server confuses.
fn schema(dir: &Path) -> &'static str {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let mut schema = String::from("views_");
    for byte in name.bytes() {
        let _ = write!(schema, "{byte:02x}");
    }
    // Tests only: a process has few read stores.
    schema.leak()
}

/// Runs the tests of this very binary whose names contain one of `names` again, at least `least`, with every
/// [`read_db`] on the server. A test that calls this has `on_mssql` in its name.
///
/// # Panics
/// When one fails, fewer ran, or there is no server.
#[expect(clippy::print_stderr, reason = "what the tests said must be seen")]
pub async fn run_on_server(names: &[&str], least: u32) {
    let database = TestDatabase::create().await;
    let tests = std::env::current_exe().expect("this binary");
    let run = Command::new(tests)
        .args(names)
        .args(["--skip", "mssql", "--skip", "sqlite", "--test-threads", "2"])
        .env(DATABASE, &database.config().database)
        .output()
        .expect("a run of this binary");
    let said = String::from_utf8_lossy(&run.stdout);
    eprintln!("{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "tests failed on the server");
    let passed = said.split_once("test result: ok. ").and_then(|(_, rest)| rest.split_once(" passed"));
    let passed: u32 = passed.and_then(|(count, _)| count.parse().ok()).unwrap_or_default();
    assert!(passed >= least, "only {passed} tests ran on the server");
}
