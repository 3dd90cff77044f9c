//! The executor against a real file, and again against a server.

use jiff::Timestamp;
use uuid::Uuid;

use super::*;

crate::record! {
    /// A row with a cell of every kind.
    struct Everything in "everything" {
        key {
            /// First part.
            id: Uuid,
            /// Second part.
            place: i64,
        }
        /// Text.
        label: String,
        /// A number that may be absent.
        share: Option<f64>,
        /// Yes or no.
        is_open: bool,
        /// When.
        at: Timestamp,
        /// Nested.
        tags: Json<Vec<String>>,
    }
    index "label" (label, place);
}

const FIRST: Generation = Generation { version: 1, run: 1 };
const SECOND: Generation = Generation { version: 1, run: 2 };

fn row(place: i64, label: &str) -> Everything {
    Everything {
        id: Uuid::from_u128(7),
        place,
        label: label.to_owned(),
        share: (place % 2 == 0).then_some(0.1 + 0.2),
        is_open: place % 2 == 1,
        at: Timestamp::from_microsecond(1_700_000_000_000_001 + place).unwrap(),
        tags: Json(vec!["a\"b".to_owned(), "ü\u{1f600}".to_owned()]),
    }
}

async fn open() -> (tempfile::TempDir, ReadStore) {
    let dir = tempfile::tempdir().unwrap();
    let db = testing::read_db(dir.path(), 2).await;
    (dir, db)
}

async fn with_table() -> (tempfile::TempDir, ReadStore) {
    let (dir, db) = open().await;
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.create(&[Everything::TABLE]).await.unwrap();
    tx.activate(&["everything".into()]).await.unwrap();
    tx.commit().await.unwrap();
    (dir, db)
}

async fn put(db: &ReadStore, rows: &[Everything]) {
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.put(rows).await.unwrap();
    tx.commit().await.unwrap();
}

async fn all(db: &ReadStore) -> Vec<Everything> {
    let columns = Everything::select("e");
    let sql = format!("SELECT {columns} FROM {{everything}} e ORDER BY id, place");
    db.query(&sql, &[]).await.unwrap().decode().unwrap()
}

#[tokio::test]
async fn what_is_written_is_read_and_written_again_replaces() {
    let (_dir, db) = with_table().await;
    put(&db, &[row(1, "one"), row(2, "two")]).await;
    put(&db, &[row(2, "zwei"), row(3, "drei")]).await;
    assert_eq!(all(&db).await, [row(1, "one"), row(2, "zwei"), row(3, "drei")]);
}

#[tokio::test]
async fn loads_and_deletes_by_key() {
    let (_dir, db) = with_table().await;
    put(&db, &[row(1, "one"), row(2, "two"), row(3, "three")]).await;
    let key = |place| Everything::key_values(&row(place, "").key());
    let mut tx = db.begin(FIRST).await.unwrap();
    let found: Vec<Everything> = tx.load(&[key(3), key(9)]).await.unwrap();
    assert_eq!(found, [row(3, "three")]);
    tx.delete(Everything::TABLE, &[key(1), key(3), key(9)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(all(&db).await, [row(2, "two")]);
}

#[tokio::test]
async fn in_sqlite_keys_are_looked_up_not_searched_for() {
    let (_dir, db) = with_table().await;
    let mut tx = db.begin(FIRST).await.unwrap();
    for sql in [
        dialect::Dialect::Sqlite.load(Everything::TABLE, FIRST),
        dialect::Dialect::Sqlite.delete(Everything::TABLE, FIRST),
    ] {
        let plan = tx.query(&format!("EXPLAIN QUERY PLAN {sql}"), &["[]".into()]).await.unwrap();
        let plan: Vec<String> = plan.column("detail").unwrap();
        assert!(plan.iter().any(|step| step.contains("PRIMARY KEY (id=? AND place=?)")), "{plan:?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN everything")), "{plan:?}");
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    let (_dir, db) = with_table().await;
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.put(&[row(1, "one")]).await.unwrap();
    drop(tx);
    put(&db, &[row(2, "two")]).await;
    assert_eq!(all(&db).await, [row(2, "two")]);
}

#[tokio::test]
async fn markers_limit_and_list() {
    let (_dir, db) = with_table().await;
    put(&db, &[row(1, "one"), row(2, "two"), row(3, "three")]).await;
    let sql = "SELECT place FROM {everything} WHERE id IN {list ?1} AND place > ?2 ORDER BY place {limit ?3}";
    let ids = list([row(1, "").id, Uuid::nil()]);
    let found = db.query(sql, &[ids, 1_i64.into(), 1_i64.into()]).await.unwrap();
    assert_eq!(found.column::<i64>("place").unwrap(), [2]);
}

#[tokio::test]
async fn readers_see_a_generation_when_it_is_active_and_not_before() {
    let (_dir, db) = with_table().await;
    put(&db, &[row(1, "old")]).await;
    let mut tx = db.begin(SECOND).await.unwrap();
    tx.create(&[Everything::TABLE]).await.unwrap();
    tx.put(&[row(1, "new")]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(all(&db).await, [row(1, "old")]);

    let mut tx = db.begin(SECOND).await.unwrap();
    tx.activate(&["everything".into()]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(all(&db).await, [row(1, "new")]);
    assert_eq!(db.active_generation("everything"), Some(SECOND));
}

#[tokio::test]
async fn another_process_finds_the_generation_that_replaced_a_dropped_one() {
    let (dir, db) = with_table().await;
    let other = testing::read_db(dir.path(), 1).await;
    let mut tx = db.begin(SECOND).await.unwrap();
    tx.create(&[Everything::TABLE]).await.unwrap();
    tx.put(&[row(1, "new")]).await.unwrap();
    tx.activate(&["everything".into()]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.drop_tables(&["everything".into()]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(all(&other).await, [row(1, "new")]);
}

#[tokio::test]
async fn a_table_nobody_built_is_said_to_be_so() {
    let (_dir, db) = open().await;
    let refused = db.query("SELECT place FROM {everything}", &[]).await.unwrap_err();
    assert!(matches!(&refused, SqlError::NotBuilt(table) if table == "everything"), "{refused:?}");
    assert!(refused.is_transient());
}

#[tokio::test]
async fn a_snapshot_does_not_move() {
    let (_dir, db) = with_table().await;
    put(&db, &[row(1, "one")]).await;
    let count = "SELECT COUNT(*) AS places FROM {everything}";
    let mut snapshot = db.snapshot().await.unwrap();
    assert_eq!(snapshot.query(count, &[]).await.unwrap().cell::<i64>("places").unwrap(), Some(1));
    put(&db, &[row(2, "two")]).await;
    assert_eq!(snapshot.query(count, &[]).await.unwrap().cell::<i64>("places").unwrap(), Some(1));
    assert_eq!(db.query(count, &[]).await.unwrap().cell::<i64>("places").unwrap(), Some(2));
}

#[tokio::test]
async fn checksums_tell_rows_not_order_or_generation() {
    let (_dir, db) = with_table().await;
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.put(&[row(1, "one"), row(2, "two")]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin(SECOND).await.unwrap();
    tx.create(&[Everything::TABLE]).await.unwrap();
    tx.put(&[row(2, "two")]).await.unwrap();
    let partial = tx.checksum(Everything::TABLE, SECOND).await.unwrap();
    tx.put(&[row(1, "one")]).await.unwrap();
    let whole = tx.checksum(Everything::TABLE, SECOND).await.unwrap();
    let first = tx.checksum(Everything::TABLE, FIRST).await.unwrap();
    assert_eq!(whole, first);
    assert_ne!(whole, partial);
    tx.put(&[row(1, "One")]).await.unwrap();
    assert_ne!(tx.checksum(Everything::TABLE, SECOND).await.unwrap(), first);
}

#[tokio::test]
async fn values_that_one_dialect_refuses_are_refused_by_all() {
    let (_dir, db) = with_table().await;
    let mut tx = db.begin(FIRST).await.unwrap();
    let long = "x".repeat(Table::INDEXED_CHARS + 1);
    for bad in [
        row(1, &long),
        row(1, "a\0b"),
        row(1, "a\u{1b}b"),
        Everything { share: Some(f64::NAN), ..row(1, "a") },
    ] {
        let refused = tx.put(&[bad]).await.unwrap_err();
        assert!(matches!(refused, SqlError::Bug(_)), "{refused:?}");
    }
    tx.put(&[row(1, &"ü".repeat(Table::INDEXED_CHARS))]).await.unwrap();
}

#[tokio::test]
async fn readers_cannot_write() {
    let (_dir, db) = with_table().await;
    let refused = db.query("DELETE FROM {everything}", &[]).await.unwrap_err();
    assert!(matches!(refused, SqlError::Bug(_)), "{refused:?}");
}

#[tokio::test]
async fn a_column_that_the_tables_of_another_release_lack_is_no_bug() {
    let (_dir, db) = with_table().await;
    for sql in ["SELECT colour FROM {everything}", "SELECT t.colour FROM {everything} t"] {
        let missing = db.query(sql, &[]).await.unwrap_err();
        assert!(matches!(missing, SqlError::MissingColumn(_)), "{missing:?}");
    }
    let nonsense = db.query("SELECT place FRM {everything}", &[]).await.unwrap_err();
    assert!(matches!(nonsense, SqlError::Bug(_)), "{nonsense:?}");
}

#[tokio::test]
async fn in_sqlite_erased_text_is_not_left_in_the_file() {
    let (dir, db) = with_table().await;
    put(&db, &[row(1, "Zaphod Beeblebrox")]).await;
    put(&db, &[row(1, "erased")]).await;
    db.close().await;
    let file = std::fs::read(dir.path().join("read.db")).unwrap();
    assert!(file.windows(6).any(|window| window == b"erased"));
    assert!(!file.windows(6).any(|window| window == b"Zaphod"));
}

#[tokio::test]
async fn in_sqlite_what_is_committed_reaches_the_file_while_it_is_open() {
    let (dir, db) = with_table().await;
    put(&db, &[row(1, "Zaphod Beeblebrox")]).await;
    let reached = async {
        let file = || std::fs::read(dir.path().join("read.db")).unwrap();
        while !file().windows(6).any(|window| window == b"Zaphod") {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_mins(1), reached).await;
    waited.expect("it stays in the write-ahead log");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_open_a_new_store_at_once_all_get_it() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let opening = (0..6).map(|_| {
            let dir = dir.path().to_owned();
            tokio::spawn(async move { testing::read_db(&dir, 1).await.active_generation("everything") })
        });
        for opened in futures::future::join_all(opening).await {
            assert_eq!(opened.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn every_character_comes_back_as_it_went() {
    let (_dir, db) = with_table().await;
    let odd = "\"quoted\" back\\slash \\n /\n\r\t é \u{e000}\u{ffff}\u{1f600}\u{10ffff} 'single' ? {x} %";
    let before = Everything { tags: Json(vec![format!("{odd}\u{fdd0}"), String::new()]), ..row(1, odd) };
    let rows = [before];
    put(&db, &rows).await;
    assert_eq!(all(&db).await, rows);
    let sql = "SELECT place FROM {everything} WHERE label = ?1 AND tags = ?2 AND share IS NULL";
    let found = db.query(sql, &[odd.into(), rows[0].tags.to_value()]).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn the_largest_and_smallest_values_come_back() {
    let (_dir, db) = with_table().await;
    let extreme = |place, share| Everything {
        place,
        share: Some(share),
        at: Timestamp::MIN,
        is_open: true,
        ..row(0, "")
    };
    let rows = [
        extreme(i64::MIN, f64::MAX),
        extreme(-1, f64::MIN_POSITIVE),
        extreme(0, -0.1),
        extreme(i64::MAX, 1.0 / 3.0),
    ];
    put(&db, &rows).await;
    assert_eq!(all(&db).await, rows);
}

#[tokio::test]
async fn texts_are_told_apart_by_case_and_width() {
    let (_dir, db) = with_table().await;
    put(&db, &[row(1, "Straße"), row(2, "straße"), row(3, "STRASSE"), row(4, "ｓtraße")]).await;
    let found =
        db.query("SELECT place FROM {everything} WHERE label = ?1", &["straße".into()]).await.unwrap();
    assert_eq!(found.column::<i64>("place").unwrap(), [2]);
    let sql = "SELECT place FROM {everything} WHERE label >= ?1 AND label < ?2 ORDER BY label";
    let found = db.query(sql, &["S".into(), crate::search::above("S").into()]).await.unwrap();
    assert_eq!(found.column::<i64>("place").unwrap(), [3, 1]);
}

#[tokio::test]
async fn nothing_can_be_done_with_a_transaction_after_an_error() {
    let (_dir, db) = with_table().await;
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.put(&[row(1, "one")]).await.unwrap();
    let twice = tx.execute("INSERT INTO {everything} SELECT * FROM {everything}", &[]).await.unwrap_err();
    assert!(matches!(twice, SqlError::Bug(_)), "{twice:?}");
    drop(tx);
    assert_eq!(all(&db).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_named_lock_is_one_transactions_until_its_end() {
    let (dir, db) = with_table().await;
    put(&db, &[row(1, "0")]).await;
    let counting = (0..3).map(|_| {
        let dir = dir.path().to_owned();
        tokio::spawn(async move {
            let db = testing::read_db(&dir, 1).await;
            for _ in 0..4 {
                let mut tx = db.begin(FIRST).await.unwrap();
                tx.lock("count").await.unwrap();
                let found = tx.query("SELECT label FROM {everything}", &[]).await.unwrap();
                let count = found.cell::<String>("label").unwrap().unwrap();
                let next = count.parse::<u32>().unwrap() + 1;
                tx.put(&[row(1, &next.to_string())]).await.unwrap();
                tx.commit().await.unwrap();
            }
        })
    });
    for counted in futures::future::join_all(counting).await {
        counted.unwrap();
    }
    assert_eq!(all(&db).await, [row(1, "12")]);
}

#[tokio::test]
async fn these_tests_pass_on_mssql() {
    testing::run_on_server(&["executor_tests::"], 18).await;
}

/// A write transaction that fails for lack of room. `SQLite` has rolled it back by itself then.
async fn fill(db: &ReadStore) -> SqlError {
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.execute("PRAGMA max_page_count = 1", &[]).await.unwrap();
    let sql = "INSERT INTO {everything} (id, place, label, is_open, at, tags) VALUES (?1, 9, ?2, 1, 1, '[]')";
    let long = Value::Text("x".repeat(1_000_000).into());
    let error = tx.execute(sql, &[Value::Text("9".into()), long]).await.unwrap_err();
    let refused = tx.commit().await.unwrap_err();
    assert!(matches!(refused, SqlError::Unavailable(_)), "{refused:?}");
    error
}

#[tokio::test]
async fn in_sqlite_a_file_that_was_full_is_written_again_once_there_is_room() {
    let (_dir, db) = with_table().await;
    for place in 1..=3 {
        let error = fill(&db).await;
        assert!(
            matches!(&error, SqlError::Unavailable(cause) if cause.to_string().contains("full")),
            "{error:?}"
        );
        assert_eq!(db.unwritable(), Some("the disk is full"));
        // Room came with the new connection, which knows no limit.
        put(&db, &[row(place, "after")]).await;
        assert_eq!(db.unwritable(), None);
    }
    assert_eq!(all(&db).await.len(), 3);
}

#[tokio::test]
async fn in_sqlite_nothing_is_written_after_a_statement_that_ended_its_transaction() {
    let (_dir, db) = with_table().await;
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.execute("PRAGMA max_page_count = 1", &[]).await.unwrap();
    let sql = "INSERT INTO {everything} (id, place, label, is_open, at, tags) VALUES (?1, 9, ?2, 1, 1, '[]')";
    let long = Value::Text("x".repeat(1_000_000).into());
    tx.execute(sql, &[Value::Text("9".into()), long]).await.unwrap_err();
    assert!(tx.put(&[row(1, "outside")]).await.is_err());
    drop(tx);
    assert_eq!(all(&db).await, []);
}

#[tokio::test]
async fn in_sqlite_what_was_erased_stands_in_no_file_once_the_log_is_emptied() {
    let (dir, db) = with_table().await;
    let name = "the name of somebody who wants to be forgotten";
    put(&db, &[row(1, name)]).await;
    let holds = |file: &std::path::Path| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(name.len()).any(|found| found == name.as_bytes())
    };
    let held = || std::fs::read_dir(dir.path()).unwrap().any(|file| holds(&file.unwrap().path()));
    let mut tx = db.begin(FIRST).await.unwrap();
    tx.execute("DELETE FROM {everything}", &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(held(), "the write-ahead log has it still");
    db.empty_log();
    while held() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
