//! Every setting at every scope.

use domain::{
    ids::{LocationId, RoomId, StreamName, VariantId},
    log::Version,
    setting::SettingValue,
};
use read_store::{Json, ReadModel, Record as _, record};
/// The settings.
pub const SETTINGS: ReadModel = ReadModel { name: "settings", tables: &[SettingRow::TABLE] };

record! {
    /// A setting at one scope.
    pub struct SettingRow in "settings" {
        key {
            /// Its stream, which names scope and key.
            stream: StreamName,
        }
        /// The venue; none: everywhere.
        location_id: Option<LocationId>,
        /// The room of that venue.
        room_id: Option<RoomId>,
        /// The variant at that venue.
        variant_id: Option<VariantId>,
        /// Its key.
        setting_key: String,
        /// Its value; none once it is unset, so that the row still knows its last event.
        setting_value: Option<Json<SettingValue>>,
        /// Last event of its stream.
        stream_version: Version,
    }
    index "location" (location_id, setting_key);
}
