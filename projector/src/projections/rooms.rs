//! The rooms of the venues: the game in each, its configuration, and what can be played there. Not what
//! goes on in them: that is `occupancy`.

use async_trait::async_trait;
use domain::{DomainEvent, ids::RoomId, room::RoomEvent};
use read_model::rooms::{ROOMS, RoomRow, VariantCell};
use read_store::{Json, ReadModel, Tx};

use super::streams::room_id;
use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Rooms;

#[async_trait]
impl Projection for Rooms {
    fn model(&self) -> &'static ReadModel {
        &ROOMS
    }

    fn version(&self) -> u32 {
        1
    }

    fn handles(&self, event_type: &str) -> bool {
        // Plays come and go all day, and leave everything here as it is.
        let comings_and_goings = ["room.occupied.", "room.vacated."];
        event_type.starts_with("room.") && !comings_and_goings.iter().any(|fact| event_type.starts_with(fact))
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut rows = context.rows::<RoomRow>();
        let ids = events.iter().map(room_id).collect::<Result<Vec<_>, _>>()?;
        rows.load(tx, ids.iter().flatten().map(|id| (*id,))).await?;
        for (event, id) in events.iter().zip(ids) {
            if let (DomainEvent::Room(fact), Some(id)) = (event.fact()?, id) {
                fold(&mut rows, event, id, fact)?;
            }
        }
        Ok(rows.flush(tx, context).await?)
    }
}

fn fold(rows: &mut Rows<RoomRow>, event: &Event, id: RoomId, fact: &RoomEvent) -> Result<(), ApplyError> {
    if rows.get(&(id,))?.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    if let RoomEvent::Installed { id, location, game, name, controllers } = fact {
        rows.put(RoomRow {
            room_id: *id,
            location_id: *location,
            game_id: *game,
            name: name.clone(),
            controllers: Json(controllers.clone()),
            overrides: Json::default(),
            variants: Json::default(),
            in_service: true,
            out_of_service_reason: None,
            stream_version: event.version,
        });
        return Ok(());
    }
    // An operator who skipped the installation gave up the room.
    if let Some(row) = rows.get_mut(&(id,))? {
        row.stream_version = event.version;
        change(row, fact);
    }
    Ok(())
}

fn change(row: &mut RoomRow, fact: &RoomEvent) {
    match fact {
        RoomEvent::Reconfigured { name, controllers, overrides } => {
            row.name = name.clone();
            row.controllers = Json(controllers.clone());
            row.overrides = Json(overrides.clone());
        }
        RoomEvent::VariantActivated { variant, custom } => {
            let variants = &mut row.variants.0;
            variants.retain(|active| active.variant_id != *variant);
            variants.push(VariantCell { variant_id: *variant, custom: custom.clone() });
            variants.sort_unstable_by_key(|active| active.variant_id);
        }
        RoomEvent::VariantDeactivated { variant } => {
            row.variants.0.retain(|active| active.variant_id != *variant);
        }
        RoomEvent::TakenOutOfService { reason } => {
            (row.in_service, row.out_of_service_reason) = (false, Some(reason.clone()));
        }
        RoomEvent::ReturnedToService => (row.in_service, row.out_of_service_reason) = (true, None),
        RoomEvent::Installed { .. } | RoomEvent::Occupied { .. } | RoomEvent::Vacated { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{room::Controller, values::Name};

    use super::*;
    use crate::{
        projections::fixture::{Venue, play, reason, room, variant},
        testing::{Stepper, assert_idempotent, assert_rebuild_equal},
    };

    fn history() -> Venue {
        let venue = Venue::open(1, "Europe/Berlin");
        let custom = |level: &str| BTreeMap::from([("level".to_owned(), level.to_owned())]);
        venue.install(room(1), "Laser");
        venue.install(room(2), "Climb");
        venue.room(room(1), RoomEvent::VariantActivated { variant: variant(2), custom: custom("hard") });
        venue.room(room(1), RoomEvent::Occupied { play: play(1) });
        venue.room(room(1), RoomEvent::Vacated { play: play(1) });
        venue.room(room(1), RoomEvent::VariantActivated { variant: variant(1), custom: BTreeMap::new() });
        venue.room(room(1), RoomEvent::VariantActivated { variant: variant(2), custom: custom("easy") });
        venue.room(room(2), RoomEvent::VariantActivated { variant: variant(3), custom: BTreeMap::new() });
        venue.room(room(2), RoomEvent::VariantDeactivated { variant: variant(3) });
        venue.room(room(2), RoomEvent::TakenOutOfService { reason: reason() });
        let controllers = vec![Controller { name: Name::stored("floor"), address: "10.0.0.7:80".to_owned() }];
        let name = Name::stored("Laser maze");
        venue.room(room(1), RoomEvent::Reconfigured { name, controllers, overrides: custom("x") });
        venue
    }

    async fn rows(venue: &Venue) -> Vec<RoomRow> {
        let mut view = Stepper::new(Rooms).await;
        view.apply(&venue.log.all()).await;
        view.rows().await
    }

    #[tokio::test]
    async fn a_room_shows_its_configuration_and_what_can_be_played() {
        let rows = rows(&history()).await;
        let [laser, climb] = rows.as_slice() else { panic!("two rooms, got {rows:?}") };
        assert_eq!((laser.name.as_str(), laser.in_service), ("Laser maze", true));
        assert_eq!(laser.controllers.0[0].address, "10.0.0.7:80");
        assert_eq!(laser.overrides.0["level"], "x");
        let variants: Vec<_> = laser.variants.0.iter().map(|active| active.variant_id).collect();
        assert_eq!(variants, [variant(1), variant(2)]);
        assert_eq!(laser.variants.0[1].custom["level"], "easy", "activated again with other settings");
        assert_eq!((climb.in_service, climb.out_of_service_reason.clone()), (false, Some(reason())));
        assert_eq!(climb.variants.0, []);
    }

    #[tokio::test]
    async fn a_room_that_returns_has_no_reason_any_more() {
        let venue = history();
        venue.room(room(2), RoomEvent::ReturnedToService);
        let climb = rows(&venue).await.remove(1);
        assert_eq!((climb.in_service, climb.out_of_service_reason), (true, None));
    }

    #[tokio::test]
    async fn rooms_applied_twice_changes_nothing() {
        assert_idempotent(Rooms, &history().log.all()).await;
    }

    #[tokio::test]
    async fn rooms_rebuilt_is_byte_equal() {
        assert_rebuild_equal(Rooms, &history().log.all()).await;
    }
}
