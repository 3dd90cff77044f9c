//! A table of zones, for models that count by the local days of venues. Each has one of its own, because a
//! projection reads nobody else's.

/// Declares a table of zones.
macro_rules! zones {
    ($name:ident in $table:literal) => {
        shared::record! {
            /// Zone of a venue's days.
            pub struct $name in $table {
                key {
                    /// The venue.
                    location_id: shared::domain::ids::LocationId,
                }
                /// Its zone.
                time_zone: shared::domain::values::TimeZoneName,
                /// Last event of its stream that set the zone.
                stream_version: shared::domain::log::Version,
            }
        }
    };
}
pub(crate) use zones;
