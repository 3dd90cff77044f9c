//! The pool and the errors on a real server, which each of these tests needs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use runtime::config::Secret;
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use super::{
    Encryption, MssqlConfig, MssqlError, Pool, PoolOptions, Refusal, Trust, rows_of,
    testing::{TestDatabase, server},
    tests::refusal,
};

fn pool_of(config: &MssqlConfig, connections: usize) -> Pool {
    let wait = Duration::from_secs(if connections == 1 { 1 } else { 60 });
    Pool::new(config.clone(), PoolOptions { connections, wait, ..PoolOptions::default() })
}

/// A database with a table of numbers, each in it once.
async fn with_table(connections: usize) -> (TestDatabase, Pool) {
    let database = TestDatabase::create().await;
    let pool = pool_of(database.config(), connections);
    pool.write("CREATE TABLE dbo.t (n INT NOT NULL CONSTRAINT PK_t PRIMARY KEY)", &[]).await.unwrap();
    (database, pool)
}

async fn number(pool: &Pool, sql: &str) -> Result<i32, MssqlError> {
    let rows = pool.read(sql, &[]).await?;
    Ok(rows[0][0].get::<i32, _>(0).expect("a number"))
}

#[tokio::test]
async fn a_wrong_password_or_user_is_a_refused_login() {
    let config = server();
    let wrong = MssqlConfig { password: Secret::new("not-the-password".into()), ..config.clone() };
    let (refusal_, what) = refusal(&wrong).await;
    assert_eq!(refusal_, Refusal::Login, "{what}");
    assert!(what.contains("check user and password"), "{what}");
    let nobody = MssqlConfig { user: "nobody_here".into(), ..config };
    assert_eq!(refusal(&nobody).await.0, Refusal::Login);
}

#[tokio::test]
async fn an_unknown_database_is_named() {
    let config = server();
    let (refusal, what) = refusal(&config.with_database("no_such_database")).await;
    assert_eq!(refusal, Refusal::NotOpen, "{what}");
    assert!(what.contains("no_such_database"), "{what}");
}

#[tokio::test]
async fn encryption_is_insisted_on() {
    let config = server();
    let encrypted = MssqlConfig { encryption: Encryption::On, trust: Trust::System, ..config };
    // Either it has no certificate at all, or one that no authority of this machine has signed.
    let (refusal, what) = refusal(&encrypted).await;
    assert!(matches!(refusal, Refusal::Encryption | Refusal::Certificate), "{what}");
    assert!(what.contains("encrypt=off") || what.contains("trust_cert_ca"), "{what}");
}

#[tokio::test]
async fn a_released_connection_is_used_again_and_a_dropped_one_is_not() {
    let config = server();
    let pool = pool_of(&config, 1);
    let first = number(&pool, "SELECT CAST(@@SPID AS INT)").await.unwrap();
    assert_eq!(number(&pool, "SELECT CAST(@@SPID AS INT)").await.unwrap(), first);
    drop(pool.acquire().await.unwrap());
    assert_ne!(number(&pool, "SELECT CAST(@@SPID AS INT)").await.unwrap(), first);
}

#[tokio::test]
async fn an_error_ends_its_transaction() {
    let (_database, pool) = with_table(1).await;
    let mut connection = pool.acquire().await.unwrap();
    Box::pin(connection.begin_transaction()).await.unwrap();
    rows_of(&mut connection, "INSERT INTO dbo.t (n) VALUES (@P1)", &[&1_i32]).await.unwrap();
    let twice = rows_of(&mut connection, "INSERT INTO dbo.t (n) VALUES (@P1)", &[&1_i32]).await.unwrap_err();
    assert!(matches!(twice, MssqlError::Constraint(_)), "{twice:?}");
    let open = rows_of(&mut connection, "SELECT @@TRANCOUNT", &[]).await.unwrap();
    assert_eq!(open[0][0].get::<i32, _>(0), Some(0));
    drop(connection);
    assert_eq!(number(&pool, "SELECT COUNT(*) FROM dbo.t").await.unwrap(), 0);
}

#[tokio::test]
async fn a_transaction_that_a_dropped_future_left_open_is_rolled_back() {
    let (_database, pool) = with_table(2).await;
    let mut left = pool.acquire().await.unwrap();
    left.simple_query("BEGIN TRAN; INSERT INTO dbo.t (n) VALUES (1)")
        .await
        .unwrap()
        .into_results()
        .await
        .unwrap();
    let abandoned = timeout(Duration::from_millis(50), async move {
        let _guard = left;
        std::future::pending::<()>().await;
    });
    abandoned.await.unwrap_err();
    // Waits for the row's lock, which the closed connection gives up.
    pool.write("INSERT INTO dbo.t (n) VALUES (1)", &[]).await.unwrap();
    assert_eq!(number(&pool, "SELECT COUNT(*) FROM dbo.t").await.unwrap(), 1);
    pool.close();
}

#[tokio::test]
async fn the_wait_for_a_connection_is_bounded() {
    let config = server();
    let pool = pool_of(&config, 1);
    let taken = pool.acquire().await.unwrap();
    let error = pool.acquire().await.err().expect("none is free");
    assert!(matches!(&error, MssqlError::Unavailable(what) if what.contains("in use")), "{error}");
    taken.release();
    pool.acquire().await.unwrap().release();
    pool.close();
    let error = pool.acquire().await.err().expect("closed");
    assert!(matches!(&error, MssqlError::Unavailable(what) if what.contains("closing")), "{error}");
}

/// Controls a [`proxy`].
struct Wire {
    /// Cuts all connections.
    cuts: watch::Sender<u32>,
    /// Leaves all connections open, and passes nothing more over them.
    silence: watch::Sender<u32>,
    /// Silent connections on which the client said something.
    asked: Arc<AtomicUsize>,
}

/// Passes bytes between clients and the server.
async fn proxy(config: &MssqlConfig) -> (MssqlConfig, Wire) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = (config.host.clone(), config.port);
    let wire = Wire { cuts: watch::Sender::new(0), silence: watch::Sender::new(0), asked: Arc::default() };
    let (cuts, silence, asked) = (wire.cuts.clone(), wire.silence.clone(), Arc::clone(&wire.asked));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let server = server.clone();
            let (mut cut, mut silent, asked) = (cuts.subscribe(), silence.subscribe(), Arc::clone(&asked));
            tokio::spawn(async move {
                let mut upstream = TcpStream::connect(server).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut upstream) => return,
                    _ = cut.changed() => return,
                    _ = silent.changed() => {}
                }
                let mut bytes = [0; 1024];
                if let Ok(1..) = client.read(&mut bytes).await {
                    asked.fetch_add(1, Ordering::SeqCst);
                    while let Ok(1..) = client.read(&mut bytes).await {}
                }
            });
        }
    });
    (MssqlConfig { host: "127.0.0.1".into(), port, ..config.clone() }, wire)
}

/// A pool of four connections, all of them idle.
async fn idle_pool(config: &MssqlConfig, options: PoolOptions) -> Pool {
    let pool = Pool::new(config.clone(), PoolOptions { connections: 4, ..options });
    let mut taken = Vec::new();
    for _ in 0..4 {
        taken.push(pool.acquire().await.unwrap());
    }
    for guard in taken {
        guard.release();
    }
    pool
}

#[tokio::test]
async fn one_idle_connection_is_asked_when_the_server_fell_silent() {
    let config = server();
    let (config, wire) = proxy(&config).await;
    let pool =
        idle_pool(&config, PoolOptions { check_after: Duration::ZERO, ..PoolOptions::default() }).await;
    wire.silence.send_modify(|silences| *silences += 1);
    assert_eq!(number(&pool, "SELECT 1").await.unwrap(), 1, "over a new connection");
    assert_eq!(wire.asked.load(Ordering::SeqCst), 1, "the others are given up with the first");
}

#[tokio::test]
async fn idle_connections_that_died_are_replaced() {
    let config = server();
    let (config, wire) = proxy(&config).await;
    let pool = idle_pool(&config, PoolOptions::default()).await;
    wire.cuts.send_modify(|cuts| *cuts += 1);
    // The first finds a dead connection and says so; that makes the pool look at the other three.
    let error = pool.write("SELECT 1", &[]).await.expect_err("the connection is dead");
    assert!(matches!(error, MssqlError::Lost(_)), "{error:?}");
    for _ in 0..4 {
        assert_eq!(number(&pool, "SELECT 1").await.unwrap(), 1);
    }
    wire.cuts.send_modify(|cuts| *cuts += 1);
    assert_eq!(number(&pool, "SELECT 1").await.unwrap(), 1, "a read is tried again by itself");
}

#[tokio::test]
async fn a_deadlocks_victim_is_run_again() {
    let database = TestDatabase::create().await;
    let pool = pool_of(database.config(), 4);
    pool.write(
        "CREATE TABLE dbo.t (k INT NOT NULL CONSTRAINT PK_t PRIMARY KEY, n INT NOT NULL); \
         INSERT INTO dbo.t (k, n) VALUES (1, 0), (2, 0)",
        &[],
    )
    .await
    .unwrap();
    let crossing = |first: i32, second: i32| {
        let pool = pool.clone();
        async move {
            let sql = "BEGIN TRAN; UPDATE dbo.t SET n = n + 1 WHERE k = @P1; \
                       UPDATE dbo.t SET n = n + 1 WHERE k = @P2; COMMIT";
            for _ in 0..60 {
                pool.write(sql, &[&first, &second]).await.unwrap();
            }
        }
    };
    tokio::join!(crossing(1, 2), crossing(2, 1));
    assert_eq!(number(&pool, "SELECT SUM(n) FROM dbo.t").await.unwrap(), 240);
    pool.close();
}

#[tokio::test]
async fn a_severe_error_is_an_outage_and_an_ordinary_one_a_bug() {
    let config = server();
    let raised = async |severity: u8| {
        pool_of(&config, 1).write(&format!("RAISERROR (N'no room', {severity}, 1)"), &[]).await.unwrap_err()
    };
    let severe = raised(17).await;
    assert!(matches!(&severe, MssqlError::Unavailable(what) if what.contains("no room")), "{severe:?}");
    let ordinary = raised(16).await;
    assert!(matches!(&ordinary, MssqlError::Bug(what) if what.contains("no room")), "{ordinary:?}");
}
