//! Both dialects' texts, word for word: SQL Server's cannot be run on every machine.

use super::*;
use crate::Record as _;

crate::record! {
    /// A small table.
    struct Small in "small" {
        key {
            /// Id.
            id: uuid::Uuid,
            /// Code.
            code: String,
        }
        /// Text of any length.
        note: Option<String>,
        /// Yes or no.
        open: bool,
    }
    index "open" (open);
}

const SERVER: Dialect = Dialect::SqlServer { schema: "views" };
const GENERATION: Generation = Generation { version: 3, run: 1 };

#[expect(clippy::unnecessary_wraps, reason = "the shape that `expand` asks for")]
fn physical(table: &str) -> Result<String, SqlError> {
    Ok(format!("{table}__v3"))
}

#[test]
fn tables_are_named_by_generation() {
    assert_eq!(Small::TABLE.physical(GENERATION), "small__v3");
    assert_eq!(Small::TABLE.physical(Generation { version: 3, run: 2 }), "small__v3r2");
}

#[test]
fn sqlite_tables_are_strict_and_clustered_by_key() {
    assert_eq!(
        Dialect::Sqlite.create(Small::TABLE, GENERATION),
        [
            "CREATE TABLE IF NOT EXISTS small__v3 (\"id\" TEXT NOT NULL, \"code\" TEXT NOT NULL, \
             \"note\" TEXT, \"open\" INTEGER NOT NULL, PRIMARY KEY (\"id\", \"code\")) STRICT, WITHOUT ROWID",
            "CREATE INDEX IF NOT EXISTS small__v3__open ON small__v3 (\"open\")",
        ]
    );
}

#[test]
fn sql_server_tables_name_their_constraints_and_guard_their_indexes() {
    assert_eq!(
        SERVER.create(Small::TABLE, GENERATION),
        ["IF OBJECT_ID(N'views.small__v3', N'U') IS NULL BEGIN CREATE TABLE views.small__v3 (\
          \"id\" NVARCHAR(36) COLLATE Latin1_General_100_BIN2 NOT NULL, \
          \"code\" NVARCHAR(254) COLLATE Latin1_General_100_BIN2 NOT NULL, \
          \"note\" NVARCHAR(MAX) COLLATE Latin1_General_100_BIN2 NULL, \"open\" SMALLINT NOT NULL, \
          CONSTRAINT PK_small__v3 PRIMARY KEY CLUSTERED (\"id\", \"code\")); \
          CREATE INDEX IX_small__v3__open ON views.small__v3 (\"open\"); END"]
    );
}

#[test]
fn sql_server_upserts_without_merge() {
    let unescaped = |column: &str| {
        let stand_ins = [(64976, 34), (64977, 92), (64978, 10), (64979, 13), (64980, 9)];
        let text = format!("\"{column}\" COLLATE Latin1_General_100_BIN2");
        stand_ins.into_iter().fold(text, |text, (stand_in, plain)| {
            format!("REPLACE({text}, NCHAR({stand_in}), NCHAR({plain}))")
        })
    };
    let source = format!(
        "(SELECT \"id\" COLLATE Latin1_General_100_BIN2 AS \"id\", \
         CAST({} AS NVARCHAR(254)) COLLATE Latin1_General_100_BIN2 AS \"code\", {} AS \"note\", \"open\" \
         FROM OPENJSON(@P1) WITH (\"id\" NVARCHAR(36) '$[0]', \"code\" NVARCHAR(MAX) '$[1]', \
         \"note\" NVARCHAR(MAX) '$[2]', \"open\" SMALLINT '$[3]')) s",
        unescaped("code"),
        unescaped("note")
    );
    let on = "t.\"id\" = s.\"id\" AND t.\"code\" = s.\"code\"";
    assert_eq!(
        SERVER.upsert(Small::TABLE, GENERATION),
        format!(
            "UPDATE t SET \"note\" = s.\"note\", \"open\" = s.\"open\" FROM views.small__v3 t \
             INNER JOIN {source} ON {on}; \
             INSERT INTO views.small__v3 (\"id\", \"code\", \"note\", \"open\") \
             SELECT s.\"id\", s.\"code\", s.\"note\", s.\"open\" FROM {source} \
             WHERE NOT EXISTS (SELECT 1 FROM views.small__v3 t WHERE {on});"
        )
    );
}

#[test]
fn sql_server_gets_no_character_that_json_escapes() {
    let nil = uuid::Uuid::nil();
    let rows = |note: &str| [vec![nil.into(), "c".into(), note.into(), true.into()]];
    let sent = |dialect| encode(dialect, Small::TABLE, Small::TABLE.columns, &rows("{\"a\":\"\\\n\"}"));
    assert_eq!(sent(Dialect::Sqlite).unwrap(), format!(r#"[["{nil}","c","{{\"a\":\"\\\n\"}}",1]]"#));
    let [quote, slash, line] = ['\u{fdd0}', '\u{fdd1}', '\u{fdd2}'];
    let plain = format!("{{{quote}a{quote}:{quote}{slash}{line}{quote}}}");
    assert_eq!(sent(SERVER).unwrap(), format!(r#"[["{nil}","c","{plain}",1]]"#));
    for dialect in [Dialect::Sqlite, SERVER] {
        let refused = encode(dialect, Small::TABLE, Small::TABLE.columns, &rows("\u{fdd0}"));
        assert!(matches!(refused, Err(SqlError::Bug(_))), "{refused:?}");
    }
}

#[test]
fn a_key_too_wide_for_a_clustered_index_has_another() {
    crate::record! {
        /// A wide key.
        struct Wide in "wide" {
            key {
                /// One.
                one: String,
                /// Two.
                two: String,
            }
        }
    }
    let [statement] = SERVER.create(Wide::TABLE, GENERATION).try_into().unwrap();
    assert!(statement.contains("PRIMARY KEY NONCLUSTERED"), "{statement}");
}

#[test]
fn markers_become_each_servers_own() {
    let sql = "SELECT id FROM {small} WHERE id IN {list ?1} ORDER BY id {limit ?2}";
    assert_eq!(
        Dialect::Sqlite.expand(sql, physical).unwrap(),
        "SELECT id FROM small__v3 WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id LIMIT ?2"
    );
    assert_eq!(
        SERVER.expand(sql, physical).unwrap(),
        "SELECT id FROM views.small__v3 WHERE id IN (SELECT item COLLATE Latin1_General_100_BIN2 \
         FROM OPENJSON(@P1) WITH (item NVARCHAR(36) '$')) ORDER BY id OFFSET 0 ROWS FETCH NEXT @P2 ROWS ONLY"
    );
}

#[test]
fn the_tables_that_a_text_names_are_its_markers_of_one_word() {
    let sql =
        "SELECT 1 FROM {small} s INNER JOIN {other} o ON o.id = s.id WHERE s.id IN {list ?1} {limit ?2}";
    assert_eq!(tables(sql).collect::<Vec<_>>(), ["small", "other"]);
}

#[test]
fn an_unknown_marker_or_an_open_brace_is_refused() {
    assert!(Dialect::Sqlite.expand("SELECT {top ?1}", physical).is_err());
    assert!(Dialect::Sqlite.expand("SELECT {small", physical).is_err());
}
