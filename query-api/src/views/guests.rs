//! Who is in the building, and for how long.

use std::fmt::Write as _;

use domain::{
    ids::{LocationId, RoomId},
    values::TimeZoneName,
};
use jiff::Timestamp;
use read_model::wristbands::BandRow;
use read_store::{Record as _, Value, record};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    names::{COLUMNS, Naming, Person, Reader},
    wristbands::{Wristband, wristband},
};
use crate::{
    QueryError, Tables,
    page::{Page, Paging},
};

/// Somebody in the building: a wristband with time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Guest {
    /// The wristband, and who wears it.
    #[serde(flatten)]
    pub wristband: Wristband,
    /// The name of the room where it was scanned last, or entered a play.
    pub room_name: Option<String>,
}

record! {
    /// Where somebody was seen.
    struct Seen {
        room_name: Option<String>,
    }
}

/// A guest's place in the list: when the time is over in microseconds, and the code on the band.
pub type GuestPlace = (i64, String);

/// Guests of `location` at `now`, those whose time is over first; only those seen last in `room`, if one is named.
///
/// Whoever has time bought by the minute is here until it is over. Whoever has a pass, or a clock that still waits,
/// is here on the days on which the band was loaded or seen.
///
/// # Errors
/// `NotFound` for a location that never was; `Sql`.
pub async fn list(
    tables: Tables,
    location: LocationId,
    room: Option<RoomId>,
    paging: &Paging<GuestPlace>,
    (reader, now): (Reader, Timestamp),
) -> Result<Page<Guest>, QueryError> {
    let today = day_began(&tables, location, now).await?;
    let naming = Naming::at(&tables, location, reader, now).await?;
    let mut params: Vec<Value> =
        vec![location.into(), now.into(), today.into(), false.into(), paging.fetch().into()];
    let mut more = String::new();
    if let Some(room) = room {
        params.push(room.into());
        more.push_str(" AND b.room_id = ?6");
    }
    if let Some((until, uid)) = paging.after() {
        let at = params.len() + 1;
        params.extend([(*until).into(), uid.clone().into()]);
        // Writing to a string cannot fail.
        let _ = write!(more, " AND b.live_until >= ?{at} AND (b.live_until > ?{at} OR b.uid > ?{})", at + 1);
    }
    let sql = format!(
        "SELECT {}, r.name AS room_name, {COLUMNS} FROM {{wristbands}} b \
         LEFT JOIN {{rooms}} r ON r.room_id = b.room_id LEFT JOIN {{players}} p ON p.player_id = b.player_id \
         WHERE b.location_id = ?1 AND b.live_until > ?2 AND (b.play_id IS NOT NULL OR b.last_scanned_at >= ?3 \
         OR b.loaded_at >= ?3 OR (b.ends_at IS NOT NULL AND b.is_pass = ?4)){more} \
         ORDER BY b.live_until, b.uid {{limit ?5}}",
        BandRow::select("b")
    );
    let rows = tables.query(&sql, &params).await?.decode::<((BandRow, Seen), Person)>()?;
    let place = |((band, _), _): &((BandRow, Seen), Person)| {
        (band.live_until.map_or(i64::MAX, Timestamp::as_microsecond), band.uid.to_string())
    };
    Ok(paging.page_of(rows, place, |((band, seen), person)| Guest {
        wristband: wristband(band, naming.of(person), now),
        room_name: seen.room_name,
    }))
}

/// When the venue's day began.
async fn day_began(tables: &Tables, location: LocationId, now: Timestamp) -> Result<Timestamp, QueryError> {
    let sql = "SELECT time_zone FROM {locations} WHERE location_id = ?1";
    let rows = tables.query(sql, &[location.into()]).await?;
    let zone: TimeZoneName = rows.cell("time_zone")?.ok_or(QueryError::NotFound)?;
    let midnight = now.to_zoned(zone.zone().clone()).start_of_day();
    Ok(midnight.map_or(now, |midnight| midnight.timestamp()))
}
