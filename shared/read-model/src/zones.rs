//! A table of zones, for models that count by the local days of venues. Each has one of its own, because a
//! projection reads only its own tables.

/// Declares a table of zones.
macro_rules! zones {
    ($name:ident in $table:literal) => {
        read_store::record! {
            /// Zone of a venue's days.
            pub struct $name in $table {
                key {
                    /// The venue.
                    location_id: domain::ids::LocationId,
                }
                /// Its zone.
                time_zone: domain::values::TimeZoneName,
                /// Last event of its stream that set the zone.
                stream_version: domain::log::Version,
            }
        }
    };
}
pub(crate) use zones;
