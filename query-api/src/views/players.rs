//! The people of a venue: searched by the beginnings of words, or one with the family that hangs on them.

use std::fmt::Write as _;

use domain::{
    ids::{LocationId, PlayerId, WristbandUid},
    values::EmailAddress,
};
use jiff::Timestamp;
use read_model::players::PlayerRow;
use read_store::{
    Record as _, Value, record,
    search::{self, Prefix},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::locations;
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

/// A person; names, e-mail, telephone and birth date are null once erased, or where they are not known.
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
    /// Whether the person said to be an adult, where the birth date is not known.
    pub adult_declared: bool,
    /// Telephone number, as it was written.
    pub phone: Option<String>,
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

/// Which people.
#[derive(Debug, Default)]
pub struct PlayerFilter {
    /// Words that names, an e-mail or a band begin with.
    pub search: Option<String>,
    /// Only those with, or without, time left on the band that they wear.
    pub has_time: Option<bool>,
    /// Only those who are, or are not, in a play.
    pub playing: Option<bool>,
    /// Only those with, or without, a pass that is good.
    pub pass: Option<bool>,
}

impl PlayerFilter {
    /// Whether the answer follows from wristbands too.
    #[must_use]
    pub fn is_about_bands(&self) -> bool {
        self.has_time.is_some() || self.playing.is_some() || self.pass.is_some()
    }

    /// The conditions on the band that a person wears.
    fn conditions(&self, params: &mut Vec<Value>, now: Timestamp) -> String {
        let mut conditions = String::new();
        let at = params.len() + 1;
        if self.is_about_bands() {
            params.extend([now.into(), true.into()]);
        }
        let live = format!("b.live_until > ?{at}");
        for (wanted, condition) in [
            (self.has_time, live.clone()),
            (self.playing, "b.play_id IS NOT NULL".to_owned()),
            (self.pass, format!("{live} AND b.is_pass = ?{}", at + 1)),
        ] {
            let Some(wanted) = wanted else { continue };
            let not = if wanted { "" } else { "NOT " };
            let _ = write!(
                conditions,
                " AND {not}EXISTS (SELECT 1 FROM {{wristbands}} b WHERE b.location_id = ?1 \
                 AND b.uid = p.wristband_uid AND {condition})"
            );
        }
        conditions
    }
}

/// People of `location` that `filter` lets through, those who joined last first; with a search, those in whose names, e-mail or band
/// each of its words begins a word, and after them those who are found so without accents.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    filter: &PlayerFilter,
    paging: &Paging<PlayerPlace>,
    now: Timestamp,
) -> Result<Page<Player>, QueryError> {
    let (rank, before) = match paging.after() {
        Some((rank, id)) => (*rank, id.to_string()),
        None => (0, LAST_ID.to_owned()),
    };
    let mut params: Vec<Value> = vec![location.into(), before.into(), paging.fetch().into(), rank.into()];
    let search = filter.search.as_deref().unwrap_or_default();
    // A reader may have written the number of a tag in its own way.
    let number = search.parse::<WristbandUid>().map_or_else(|_| search.to_owned(), String::from);
    let [exact, any] = matching(&search::prefixes(&number), &mut params);
    let bands = filter.conditions(&mut params, now);
    let sql = format!(
        "SELECT {}, m.match_rank AS match_rank FROM (SELECT p.player_id AS player_id, \
         CASE WHEN {exact} THEN 1 ELSE 2 END AS match_rank \
         FROM {{players}} p WHERE p.location_id = ?1 AND {any}{bands}) m \
         INNER JOIN {{players}} p ON p.player_id = m.player_id \
         WHERE m.match_rank > ?4 OR (m.match_rank = ?4 AND p.player_id < ?2) \
         ORDER BY m.match_rank, p.player_id DESC {{limit ?3}}",
        PlayerRow::select("p")
    );
    let rows = tables.query(&sql, &params).await?;
    if rows.is_empty() {
        locations::must_exist(&tables, location).await?;
    }
    let found = rows.decode::<(PlayerRow, Match)>()?;
    Ok(paging.page(found, |(player, found)| (found.match_rank, player.player_id.0)))
}

/// A person's place in the list: how well the search matches, and the id.
pub type PlayerPlace = (i64, Uuid);

record! {
    /// How well a search finds a person.
    struct Match {
        match_rank: i64,
    }
}

impl From<(PlayerRow, Match)> for Player {
    fn from((player, _): (PlayerRow, Match)) -> Self {
        player.into()
    }
}

/// The conditions that every word of the search is found as it is written, and that it is so or without accents. Both
/// hold for a search without words.
fn matching(searched: &[Prefix], params: &mut Vec<Value>) -> [String; 2] {
    let mut conditions = ["1 = 1".to_owned(), "1 = 1".to_owned()];
    for Prefix { exact, plain } in searched {
        let exact = begins_with(exact, params);
        let [marked, plain] = plain.each_ref().map(|plain| begins_with(plain, params));
        for (condition, ranges) in
            conditions.iter_mut().zip([exact.clone(), format!("{exact} OR {marked} OR {plain}")])
        {
            let _ = write!(
                condition,
                " AND p.player_id IN (SELECT w.player_id FROM {{player_words}} w \
                 WHERE w.location_id = ?1 AND ({ranges}))"
            );
        }
    }
    conditions
}

fn begins_with(prefix: &str, params: &mut Vec<Value>) -> String {
    let at = params.len() + 1;
    params.extend([prefix.into(), search::above(prefix).into()]);
    format!("(w.word >= ?{at} AND w.word < ?{})", at + 1)
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

/// Refuses somebody who is not known at `location`.
pub(super) async fn must_exist(
    tables: &Tables,
    location: LocationId,
    id: PlayerId,
) -> Result<(), QueryError> {
    let sql = "SELECT p.player_id FROM {players} p WHERE p.location_id = ?1 AND p.player_id = ?2";
    let found = tables.query(sql, &[location.into(), id.into()]).await?;
    if found.is_empty() { Err(QueryError::NotFound) } else { Ok(()) }
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

/// Those of `location` whose e-mail is `email`, in any form that it may be stored in.
pub(super) async fn with_email(
    tables: &Tables,
    location: LocationId,
    email: &EmailAddress,
) -> Result<Vec<Player>, QueryError> {
    let earlier = email.ascii_form();
    let earlier = earlier.as_ref().unwrap_or(email).as_str();
    let email = email.as_str();
    // The word leads to a few people by its index, the e-mail itself to the one.
    let sql = select(
        "p.email IN (?2, ?4) AND p.player_id IN \
         (SELECT w.player_id FROM {player_words} w WHERE w.location_id = ?1 AND w.word IN (?3, ?5)) \
         ORDER BY p.player_id",
    );
    let (word, earlier_word) = (search::word(email), search::word(earlier));
    let params = [location.into(), email.into(), word.into(), earlier.into(), earlier_word.into()];
    let rows = tables.query(&sql, &params).await?;
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
            adult_declared: row.adult_declared,
            phone: row.phone,
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
