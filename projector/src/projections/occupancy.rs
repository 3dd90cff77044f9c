//! What goes on in every room now. A room's own stream says which play is in it; what that play is comes
//! from the play's stream, whichever is read first.

use async_trait::async_trait;
use domain::{
    DomainEvent,
    ids::{LocationId, RoomId},
    play::PlayEvent,
    room::RoomEvent,
    values::Name,
};
use read_model::occupancy::{OCCUPANCY, OccupancyRoom};
use read_store::{ReadModel, SqlError, Tx};

use super::streams::room_id;
use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Occupancy;

#[async_trait]
impl Projection for Occupancy {
    fn model(&self) -> &'static ReadModel {
        &OCCUPANCY
    }

    fn version(&self) -> u32 {
        1
    }

    fn handles(&self, event_type: &str) -> bool {
        event_type.starts_with("room.") || event_type.starts_with("play.started.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut rows = context.rows::<OccupancyRoom>();
        let keys = events.iter().map(room_of).collect::<Result<Vec<_>, _>>()?;
        rows.load(tx, keys.iter().flatten().map(|id| (*id,))).await?;
        for (event, id) in events.iter().zip(keys) {
            let Some(id) = id else { continue };
            match event.fact()? {
                DomainEvent::Room(fact) => fold(&mut rows, event, id, fact)?,
                DomainEvent::Play(fact) => describe(&mut rows, id, fact)?,
                _ => {}
            }
        }
        Ok(rows.flush(tx, context).await?)
    }
}

/// The room that `event` concerns.
fn room_of(event: &Event) -> Result<Option<RoomId>, ApplyError> {
    match event.fact()? {
        DomainEvent::Play(PlayEvent::Started { room, .. }) => Ok(Some(*room)),
        _ => room_id(event),
    }
}

fn fold(
    rows: &mut Rows<OccupancyRoom>,
    event: &Event,
    id: RoomId,
    fact: &RoomEvent,
) -> Result<(), ApplyError> {
    let known = rows.get(&(id,))?;
    if known.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    if let RoomEvent::Installed { location, name, .. } = fact {
        rows.put(installed(event, id, *location, name));
        return Ok(());
    }
    // An operator who skipped the installation gave up the room.
    if let Some(row) = rows.get_mut(&(id,))? {
        row.stream_version = event.version;
        change(row, fact);
    }
    Ok(())
}

fn installed(event: &Event, room_id: RoomId, location_id: LocationId, name: &Name) -> OccupancyRoom {
    OccupancyRoom {
        room_id,
        location_id,
        name: name.clone(),
        out_of_service: None,
        play_id: None,
        latest_play_id: None,
        variant_id: None,
        players: 0,
        started_at: None,
        ends_by: None,
        stream_version: event.version,
    }
}

fn change(row: &mut OccupancyRoom, fact: &RoomEvent) {
    match fact {
        RoomEvent::Reconfigured { name, .. } => row.name = name.clone(),
        RoomEvent::TakenOutOfService { reason } => row.out_of_service = Some(reason.clone()),
        RoomEvent::ReturnedToService => row.out_of_service = None,
        RoomEvent::Occupied { play } => row.play_id = Some(*play),
        RoomEvent::Vacated { play } if row.play_id == Some(*play) => row.play_id = None,
        RoomEvent::Installed { .. }
        | RoomEvent::VariantActivated { .. }
        | RoomEvent::VariantDeactivated { .. }
        | RoomEvent::Vacated { .. } => {}
    }
}

fn describe(rows: &mut Rows<OccupancyRoom>, room: RoomId, fact: &PlayEvent) -> Result<(), SqlError> {
    let PlayEvent::Started { id, variant, participants, at, ends_by, .. } = fact else { return Ok(()) };
    let Some(row) = rows.get(&(room,))? else { return Ok(()) };
    // An earlier play read late must not hide the one that follows it.
    if row.started_at.is_some_and(|latest| (latest, row.latest_play_id) >= (*at, Some(*id))) {
        return Ok(());
    }
    rows.put(OccupancyRoom {
        latest_play_id: Some(*id),
        variant_id: Some(*variant),
        players: u32::try_from(participants.len()).unwrap_or(u32::MAX),
        started_at: Some(*at),
        ends_by: Some(*ends_by),
        ..row.clone()
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        projections::fixture::{Venue, play, reason, room, time, variant},
        testing::{Stepper, assert_idempotent, assert_rebuild_equal},
    };

    fn occupied(venue: &Venue, number: u128) {
        venue.room(room(1), RoomEvent::Occupied { play: play(number) });
    }

    fn vacated(venue: &Venue, number: u128) {
        venue.room(room(1), RoomEvent::Vacated { play: play(number) });
    }

    fn history() -> Venue {
        let venue = Venue::open(1, "Europe/Berlin");
        venue.install(room(1), "Laser");
        venue.install(room(2), "Climb");
        venue.start(1, 1, &[1, 2], "2026-05-01T10:00:00Z");
        occupied(&venue, 1);
        vacated(&venue, 1);
        venue.start(2, 2, &[1, 2, 3], "2026-05-01T11:00:00Z");
        occupied(&venue, 2);
        venue.room(room(2), RoomEvent::TakenOutOfService { reason: reason() });
        venue
    }

    async fn rows(venue: &Venue) -> Vec<OccupancyRoom> {
        let mut view = Stepper::new(Occupancy).await;
        view.apply(&venue.log.all()).await;
        view.rows().await
    }

    #[tokio::test]
    async fn a_room_shows_the_play_in_it_and_what_that_is() {
        let rows = rows(&history()).await;
        assert_eq!((rows[0].play_id, rows[0].latest_play_id), (Some(play(2)), Some(play(2))));
        assert_eq!((rows[0].variant_id, rows[0].players), (Some(variant(2)), 3));
        assert_eq!(rows[0].started_at, Some(time("2026-05-01T11:00:00Z")));
        assert_eq!((rows[1].play_id, rows[1].out_of_service.clone()), (None, Some(reason())));
    }

    #[tokio::test]
    async fn a_room_is_free_when_its_play_is_over_and_back_when_it_returns() {
        let venue = history();
        vacated(&venue, 2);
        venue.room(room(2), RoomEvent::ReturnedToService);
        let rows = rows(&venue).await;
        assert_eq!((rows[0].play_id, rows[1].out_of_service.clone()), (None, None));
    }

    #[tokio::test]
    async fn an_earlier_play_read_late_hides_nothing() {
        let venue = history();
        venue.start(9, 3, &[1], "2026-05-01T09:00:00Z");
        assert_eq!(rows(&venue).await[0].latest_play_id, Some(play(2)));
    }

    #[tokio::test]
    async fn occupancy_applied_twice_changes_nothing() {
        assert_idempotent(Occupancy, &history().log.all()).await;
    }

    #[tokio::test]
    async fn occupancy_rebuilt_is_byte_equal() {
        assert_rebuild_equal(Occupancy, &history().log.all()).await;
    }
}
