//! The people of a venue: searched by the beginnings of words, or one with the family that hangs on them.

use std::fmt::Write as _;

use domain::ids::{LocationId, PlayerId};
use jiff::Timestamp;
use read_model::players::PlayerRow;
use read_store::{Record as _, Value, search};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

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

/// A person with their dependants.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlayerDetail {
    /// The person.
    #[serde(flatten)]
    pub player: Player,
    /// Oldest member first.
    pub dependants: Vec<Player>,
}

/// Above every id's text.
const LAST_ID: &str = "~";

/// People of `location`, those who joined last first; with a search, those in whose names, e-mail or band
/// each of its words begins a word.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    search: Option<&str>,
    paging: &Paging<Uuid>,
) -> Result<Page<Player>, QueryError> {
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
    let sql = select(&format!("p.player_id < ?2{matching} ORDER BY p.player_id DESC {{limit ?3}}"));
    let rows = tables.query(&sql, &params).await?;
    if rows.is_empty() {
        locations::must_exist(&tables, location).await?;
    }
    Ok(paging.page(rows.decode::<PlayerRow>()?, |last| last.player_id.0))
}

/// One person of `location`.
///
/// # Errors
/// `NotFound`; `Sql`.
pub async fn one(tables: Tables, location: LocationId, id: PlayerId) -> Result<PlayerDetail, QueryError> {
    let rows = tables.query(&select("p.player_id = ?2"), &[location.into(), id.into()]).await?;
    let row = rows.first::<PlayerRow>()?.ok_or(QueryError::NotFound)?;
    Ok(PlayerDetail { player: row.into(), dependants: dependants(&tables, location, id).await? })
}

/// The guardian's dependants at `location`.
pub(super) async fn dependants(
    tables: &Tables,
    location: LocationId,
    guardian: PlayerId,
) -> Result<Vec<Player>, QueryError> {
    let sql = select("p.guardian_id = ?2 ORDER BY p.player_id");
    let rows = tables.query(&sql, &[location.into(), guardian.into()]).await?;
    Ok(rows.decode::<PlayerRow>()?.into_iter().map(Into::into).collect())
}

/// Those of `location` whose e-mail is `email`, folded as it is stored.
pub(super) async fn with_email(
    tables: &Tables,
    location: LocationId,
    email: &str,
) -> Result<Vec<Player>, QueryError> {
    // The word leads to a few people by its index, the e-mail itself to the one.
    let word = search::word(email);
    let sql = select(
        "p.email = ?2 AND p.player_id IN \
         (SELECT w.player_id FROM {player_words} w WHERE w.location_id = ?1 AND w.word = ?3) \
         ORDER BY p.player_id",
    );
    let rows = tables.query(&sql, &[location.into(), email.into(), word.into()]).await?;
    Ok(rows.decode::<PlayerRow>()?.into_iter().map(Into::into).collect())
}

fn select(condition: &str) -> String {
    format!("SELECT {} FROM {{players}} p WHERE p.location_id = ?1 AND {condition}", PlayerRow::select("p"))
}

impl From<PlayerRow> for Player {
    fn from(row: PlayerRow) -> Self {
        Self {
            waiver: waiver(&row),
            id: row.player_id.0,
            first_name: row.first_name.map(|name| name.to_string()),
            last_name: row.last_name.map(|name| name.to_string()),
            email: row.email.map(|email| email.as_str().to_owned()),
            birth_date: row.birth_date,
            guardian_id: row.guardian_id.map(|guardian| guardian.0),
            wristband_uid: row.wristband_uid.map(|uid| uid.to_string()),
            erased: row.erased,
            registered_at: row.registered_at,
        }
    }
}

fn waiver(row: &PlayerRow) -> Option<Waiver> {
    match (&row.waiver_version, row.waiver_signed_at, row.waiver_expires_at) {
        (Some(version), Some(signed_at), Some(expires_at)) => {
            Some(Waiver { version: version.clone(), signed_at, expires_at })
        }
        _ => None,
    }
}
