//! What goes on in every room now.

use domain::{
    ids::{LocationId, PlayId, RoomId, VariantId},
    log::Version,
    values::{Name, Reason},
};
use jiff::Timestamp;
use read_store::{ReadModel, Record as _, record};

/// The rooms now.
pub const OCCUPANCY: ReadModel = ReadModel { name: "occupancy", tables: &[OccupancyRoom::TABLE] };

record! {
    /// A room now.
    pub struct OccupancyRoom in "occupancy_rooms" {
        key {
            /// Its id.
            room_id: RoomId,
        }
        /// The venue.
        location_id: LocationId,
        /// What people call it.
        name: Name,
        /// Why nothing starts here.
        out_of_service: Option<Reason>,
        /// The play going on.
        play_id: Option<PlayId>,
        /// The latest play that began here, which the following columns describe.
        latest_play_id: Option<PlayId>,
        /// Its variant.
        variant_id: Option<VariantId>,
        /// How many play it.
        players: u32,
        /// When it began.
        started_at: Option<Timestamp>,
        /// Aborted by the scheduler when still running then.
        ends_by: Option<Timestamp>,
        /// Last event of the room's stream.
        stream_version: Version,
    }
    index "location" (location_id);
}
