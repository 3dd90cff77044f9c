//! The history of plays.

use std::fmt::Write as _;

use domain::{
    ids::{LocationId, PlayId, PlayerId, RoomId, VariantId},
    values::TimeZoneName,
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use read_model::plays::{LabelledCell, ParticipantCell, PlayRow, ResultCell};
use read_store::{Cell, Record as _, Value, record};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    names::{Naming, Reader},
    window::LocalDay,
};
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

/// A play.
#[derive(Debug, Serialize, ToSchema)]
pub struct Play {
    /// Its id.
    pub id: Uuid,
    /// Where.
    pub room_id: Uuid,
    /// That room's name; null until the view of rooms has it.
    pub room_name: Option<String>,
    /// What game.
    pub game_id: Uuid,
    /// That game's name; null until the catalogue's view has it.
    pub game_name: Option<String>,
    /// What variant.
    pub variant_id: Uuid,
    /// That variant's name; null until the catalogue's view has it.
    pub variant_name: Option<String>,
    /// `alliance`, `pvp` or `custom`.
    pub mode: String,
    /// `running`, `finished` or `aborted`.
    pub status: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Aborted when still running then.
    pub ends_by: Timestamp,
    /// When it was recorded, if that was after the fact.
    pub recorded_at: Option<Timestamp>,
    /// The venue's day on which it began.
    #[schema(value_type = String, format = Date)]
    pub local_day: Date,
    /// Why it was aborted.
    pub reason: Option<String>,
    /// Who plays, with which band.
    pub participants: Vec<Participant>,
    /// What they achieved, once it is finished.
    pub results: Vec<PlayResult>,
    /// What those without a band achieved. It counts for the room and the day, and on no board.
    pub labelled_results: Vec<LabelledResult>,
}

/// What somebody without a band achieved.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelledResult {
    /// What the venue calls it by.
    pub label: String,
    /// Points.
    pub points: u32,
    /// Level reached.
    pub level: u32,
    /// Lives left, where the game counts them.
    pub lives: Option<u32>,
}

/// Somebody in a play.
#[derive(Debug, Serialize, ToSchema)]
pub struct Participant {
    /// The band.
    pub uid: String,
    /// Who wore it.
    pub player_id: Uuid,
    /// What the venue calls the player on screens; null once erased.
    pub display_name: Option<String>,
}

/// What somebody achieved, as it counts now.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlayResult {
    /// The band.
    pub uid: String,
    /// Who wore it.
    pub player_id: Uuid,
    /// What the venue calls the player on screens; null once erased.
    pub display_name: Option<String>,
    /// Points.
    pub points: u32,
    /// Level reached.
    pub level: u32,
    /// Lives left, where the game counts them.
    pub lives: Option<u32>,
    /// No longer counts.
    pub voided: bool,
    /// Not as it was reported first.
    pub corrected: bool,
}

/// How far a play has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlayStatus {
    /// Going on.
    Running,
    /// Over, with results.
    Finished,
    /// Over, without.
    Aborted,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum PlayOrder {
    /// Newest first.
    #[default]
    #[serde(rename = "-started_at")]
    NewestFirst,
    /// Oldest first.
    #[serde(rename = "started_at")]
    OldestFirst,
}

impl PlayOrder {
    /// As the parameter says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewestFirst => "-started_at",
            Self::OldestFirst => "started_at",
        }
    }
}

/// Which plays.
#[derive(Debug, Default)]
pub struct PlayFilter {
    /// Only these.
    pub status: Option<PlayStatus>,
    /// Only in this room.
    pub room: Option<RoomId>,
    /// Only of this variant.
    pub variant: Option<VariantId>,
    /// Only with this player.
    pub player: Option<PlayerId>,
    /// Only those that began on this day of the venue.
    pub day: Option<LocalDay>,
    /// Only those that began then or later.
    pub from: Option<Timestamp>,
    /// Only those that began earlier.
    pub to: Option<Timestamp>,
    /// In which order.
    pub order: PlayOrder,
}

/// A play's place in the list: when it began in microseconds, and its id.
pub type PlayPlace = (i64, Uuid);

/// Plays of `location` that `filter` lets through.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    filter: &PlayFilter,
    paging: &Paging<PlayPlace>,
    now: Timestamp,
) -> Result<Page<Play>, QueryError> {
    let day = match filter.day {
        Some(day) => Some(day.date(&zone(&tables, location).await?, now)),
        None => None,
    };
    let query = Query::of(location, filter, day, paging);
    let rows = tables.query(&query.text, &query.params).await?;
    if rows.is_empty() {
        zone(&tables, location).await?;
    }
    let place = |(last, _): &(PlayRow, Called)| (last.started_at.as_microsecond(), last.play_id.0);
    let mut page: Page<Play> = paging.page(rows.decode::<(PlayRow, Called)>()?, place);
    name_players(&tables, location, &mut page.items, now).await?;
    Ok(page)
}

/// One play of `location`.
///
/// # Errors
/// `NotFound`; `Sql`.
pub async fn one(
    tables: Tables,
    location: LocationId,
    play: PlayId,
    now: Timestamp,
) -> Result<Play, QueryError> {
    let sql = format!(
        "SELECT {}, {CALLED} FROM {{plays}} p {JOINED} WHERE p.location_id = ?1 AND p.play_id = ?2",
        PlayRow::select("p")
    );
    let rows = tables.query(&sql, &[location.into(), play.into()]).await?;
    let mut play = Play::from(rows.first::<(PlayRow, Called)>()?.ok_or(QueryError::NotFound)?);
    name_players(&tables, location, std::slice::from_mut(&mut play), now).await?;
    Ok(play)
}

record! {
    /// What a play's room, game and variant are called.
    struct Called {
        room: Option<String>,
        game: Option<String>,
        variant: Option<String>,
    }
}

/// The columns of [`Called`].
const CALLED: &str = "r.name AS room, g.name AS game, v.name AS variant";

const JOINED: &str = "LEFT JOIN {rooms} r ON r.room_id = p.room_id LEFT JOIN {games} g ON g.game_id = p.game_id \
                      LEFT JOIN {game_variants} v ON v.game_id = p.game_id AND v.variant_id = p.variant_id";

/// Says who took part in `plays`.
async fn name_players(
    tables: &Tables,
    location: LocationId,
    plays: &mut [Play],
    now: Timestamp,
) -> Result<(), QueryError> {
    let naming = Naming::at(tables, location, Reader::Displays, now).await?;
    let participants = plays.iter().flat_map(|play| &play.participants);
    let players = participants.map(|one| PlayerId(one.player_id)).collect();
    let names = naming.of_all(tables, location, &players).await?;
    let display = |player: Uuid| names.get(&PlayerId(player)).and_then(|names| names.display.clone());
    for play in plays {
        for one in &mut play.participants {
            one.display_name = display(one.player_id);
        }
        for result in &mut play.results {
            result.display_name = display(result.player_id);
        }
    }
    Ok(())
}

async fn zone(tables: &Tables, location: LocationId) -> Result<TimeZoneName, QueryError> {
    let sql = "SELECT time_zone FROM {play_zones} WHERE location_id = ?1";
    let rows = tables.query(sql, &[location.into()]).await?;
    rows.cell("time_zone")?.ok_or(QueryError::NotFound)
}

/// A text that grows by conditions, with their values.
struct Query {
    text: String,
    params: Vec<Value>,
}

impl Query {
    fn of(location: LocationId, filter: &PlayFilter, day: Option<Date>, paging: &Paging<PlayPlace>) -> Self {
        let mut query =
            Self { text: format!("SELECT {}, {CALLED} ", PlayRow::select("p")), params: Vec::new() };
        // The table whose index has the order.
        let by = if filter.player.is_some() { "w" } else { "p" };
        query.text.push_str(if filter.player.is_some() { FROM_PLAYER } else { "FROM {plays} p" });
        query.push(format_args!(" {JOINED}"));
        let location = query.param(location);
        query.push(format_args!(" WHERE {by}.location_id = {location}"));
        query.equals("w.player_id", filter.player);
        query.equals("p.room_id", filter.room);
        query.equals("p.variant_id", filter.variant);
        query.equals("p.status", filter.status.map(|status| String::from(status_name(status))));
        query.on_day(by, day);
        query.compares(&format!("{by}.started_at >="), filter.from);
        query.compares(&format!("{by}.started_at <"), filter.to);
        let (direction, beyond) = match filter.order {
            PlayOrder::NewestFirst => ("DESC", "<"),
            PlayOrder::OldestFirst => ("ASC", ">"),
        };
        query.after(by, beyond, paging.after());
        let limit = query.param(paging.fetch());
        query.push(format_args!(
            " ORDER BY {by}.started_at {direction}, {by}.play_id {direction} {{limit {limit}}}"
        ));
        query
    }

    fn param(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("?{}", self.params.len())
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(text);
    }

    fn equals(&mut self, column: &str, value: Option<impl Cell>) {
        self.compares(&format!("{column} ="), value);
    }

    fn compares(&mut self, what: &str, value: Option<impl Cell>) {
        if let Some(value) = value {
            let value = self.param(value);
            self.push(format_args!(" AND {what} {value}"));
        }
    }

    fn on_day(&mut self, by: &str, day: Option<Date>) {
        let Some(day) = day else { return };
        self.equals("p.local_day", Some(day));
        // No index has the day, but one has the time: local midnight is at most 14 hours from UTC's.
        let Ok(midnight) = day.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp()) else { return };
        let around = |hours| midnight.saturating_add(SignedDuration::from_hours(hours));
        if let (Ok(first), Ok(last)) = (around(-15), around(24 + 15)) {
            let (first, last) = (self.param(first), self.param(last));
            self.push(format_args!(" AND {by}.started_at >= {first} AND {by}.started_at < {last}"));
        }
    }

    fn after(&mut self, by: &str, beyond: &str, place: Option<&PlayPlace>) {
        let Some((started_at, play)) = place else { return };
        let (at, play) = (self.param(*started_at), self.param(*play));
        // The first condition alone is what an index can start from.
        self.push(format_args!(
            " AND {by}.started_at {beyond}= {at} \
             AND ({by}.started_at {beyond} {at} OR {by}.play_id {beyond} {play})"
        ));
    }
}

const FROM_PLAYER: &str = "FROM {play_players} w INNER JOIN {plays} p ON p.play_id = w.play_id";

fn status_name(status: PlayStatus) -> &'static str {
    match status {
        PlayStatus::Running => "running",
        PlayStatus::Finished => "finished",
        PlayStatus::Aborted => "aborted",
    }
}

impl From<(PlayRow, Called)> for Play {
    fn from((row, called): (PlayRow, Called)) -> Self {
        Self {
            id: row.play_id.0,
            room_id: row.room_id.0,
            room_name: called.room,
            game_id: row.game_id.0,
            game_name: called.game,
            variant_id: row.variant_id.0,
            variant_name: called.variant,
            mode: row.mode.to_string(),
            status: row.status.to_string(),
            started_at: row.started_at,
            ended_at: row.ended_at,
            ends_by: row.ends_by,
            recorded_at: row.recorded_at,
            local_day: row.local_day,
            reason: row.reason.map(|reason| reason.to_string()),
            participants: row.participants.0.into_iter().map(Into::into).collect(),
            results: row.results.0.into_iter().map(Into::into).collect(),
            labelled_results: row.labelled.0.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<LabelledCell> for LabelledResult {
    fn from(LabelledCell { label, points, level, lives }: LabelledCell) -> Self {
        Self { label, points, level, lives }
    }
}

impl From<ParticipantCell> for Participant {
    fn from(cell: ParticipantCell) -> Self {
        Self { uid: cell.uid.to_string(), player_id: cell.player_id.0, display_name: None }
    }
}

impl From<ResultCell> for PlayResult {
    fn from(cell: ResultCell) -> Self {
        Self {
            uid: cell.uid.to_string(),
            player_id: cell.player_id.0,
            display_name: None,
            points: cell.points,
            level: cell.level,
            lives: cell.lives,
            voided: cell.voided,
            corrected: cell.corrected,
        }
    }
}
