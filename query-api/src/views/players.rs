//! The people of a venue: searched by the beginnings of words, or one with the family that hangs on them.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use shared::{
    domain::ids::{LocationId, PlayerId},
    http::Problem,
    search,
    sql::{ReadStore, Row, SqlError, Value},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::page::{Page, Paging, items};

/// A person; names, e-mail and birth date are null once erased.
#[derive(Debug, Serialize, ToSchema)]
pub struct Player {
    /// The person's id.
    pub id: Uuid,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// The family's e-mail; only a guardian has one.
    pub email: Option<String>,
    /// Birth date.
    #[schema(format = Date)]
    pub birth_date: Option<String>,
    /// The head of the family; null for the head itself.
    pub guardian_id: Option<Uuid>,
    /// The waiver signed last; null when none was.
    pub waiver: Option<Waiver>,
    /// The band worn now.
    pub wristband_uid: Option<String>,
    /// Whether the person asked to be forgotten.
    pub erased: bool,
    /// When the person joined.
    pub registered_at: Timestamp,
}

/// A signed waiver.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waiver {
    /// Which text.
    pub version: String,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// A person with those who hang on them.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlayerDetail {
    /// The person.
    #[serde(flatten)]
    pub player: Player,
    /// Oldest member first.
    pub dependants: Vec<Player>,
}

const COLUMNS: &str = "p.player_id, p.first_name, p.last_name, p.email, p.birth_date, p.guardian_id, \
                       p.waiver_version, p.waiver_signed_at, p.waiver_expires_at, p.wristband_uid, p.erased, \
                       p.registered_at";

/// Above every id's text.
const LAST_ID: &str = "~";

/// People of `location`, those who joined last first; with a search, those in whose names, e-mail or band
/// each of its words begins a word.
///
/// # Errors
/// 404 for a location that never was; 503, 500.
pub async fn list(
    db: &ReadStore,
    location: LocationId,
    search: Option<&str>,
    paging: &Paging<Uuid>,
) -> Result<Page<Player>, Problem> {
    let before = paging.after().map_or_else(|| LAST_ID.to_owned(), Uuid::to_string);
    let mut params: Vec<Value> = vec![location.into(), before.into(), paging.fetch().into()];
    let mut matching = String::new();
    for prefix in search::prefixes(search.unwrap_or_default()) {
        let at = params.len() + 1;
        let _ = write!(
            matching,
            " AND p.player_id IN (SELECT w.player_id FROM {{player_words}} w \
             WHERE w.location_id = ?1 AND w.word >= ?{at} AND w.word < ?{})",
            at + 1
        );
        params.extend([prefix.as_str().into(), search::above(&prefix).into()]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM {{players}} p WHERE p.location_id = ?1 AND p.player_id < ?2{matching} \
         ORDER BY p.player_id DESC {{limit ?3}}"
    );
    let rows = db.query(&sql, &params).await?;
    if rows.is_empty() {
        locations::must_exist(db, location).await?;
    }
    Ok(paging.page(items(&rows, player)?, |last| last.id))
}

/// One person of `location`.
///
/// # Errors
/// 404; 503, 500.
pub async fn one(db: &ReadStore, location: LocationId, id: PlayerId) -> Result<PlayerDetail, Problem> {
    let sql = format!("SELECT {COLUMNS} FROM {{players}} p WHERE p.location_id = ?1 AND p.player_id = ?2");
    let rows = db.query(&sql, &[location.into(), id.into()]).await?;
    let row = rows.first().ok_or_else(Problem::not_found)?;
    Ok(PlayerDetail { player: player(row)?, dependants: dependants(db, location, id).await? })
}

/// Those of `location` who hang on `guardian`.
pub(super) async fn dependants(
    db: &ReadStore,
    location: LocationId,
    guardian: PlayerId,
) -> Result<Vec<Player>, SqlError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {{players}} p WHERE p.location_id = ?1 AND p.guardian_id = ?2 ORDER BY p.player_id"
    );
    items(&db.query(&sql, &[location.into(), guardian.into()]).await?, player)
}

/// Those of `location` whose e-mail is `email`, folded as it is stored.
pub(super) async fn with_email(
    db: &ReadStore,
    location: LocationId,
    email: &str,
) -> Result<Vec<Player>, SqlError> {
    // The word leads to a few people by its index, the e-mail itself to the one.
    let word = search::word(email);
    let sql = format!(
        "SELECT {COLUMNS} FROM {{players}} p WHERE p.location_id = ?1 AND p.email = ?2 \
         AND p.player_id IN (SELECT w.player_id FROM {{player_words}} w WHERE w.location_id = ?1 AND w.word = ?3) \
         ORDER BY p.player_id"
    );
    items(&db.query(&sql, &[location.into(), email.into(), word.into()]).await?, player)
}

fn player(row: &Row) -> Result<Player, SqlError> {
    Ok(Player {
        id: row.get(0)?,
        first_name: row.get(1)?,
        last_name: row.get(2)?,
        email: row.get(3)?,
        birth_date: row.get(4)?,
        guardian_id: row.get(5)?,
        waiver: waiver(row)?,
        wristband_uid: row.get(9)?,
        erased: row.get(10)?,
        registered_at: row.get(11)?,
    })
}

fn waiver(row: &Row) -> Result<Option<Waiver>, SqlError> {
    Ok(match (row.get(6)?, row.get(7)?, row.get(8)?) {
        (Some(version), Some(signed_at), Some(expires_at)) => Some(Waiver { version, signed_at, expires_at }),
        _ => None,
    })
}
