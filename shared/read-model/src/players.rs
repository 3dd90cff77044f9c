//! The people of the venues, and the words by which they are found. Personal data is here in plain text
//! until its person is erased; what can no longer be opened is null from the start.

use domain::{
    ids::{LocationId, PlayerId, WristbandUid},
    log::Version,
    values::{EmailAddress, Name},
};
use jiff::Timestamp;
use read_store::{ReadModel, Record as _, record};

/// The people.
pub const PLAYERS: ReadModel = ReadModel { name: "players", tables: &[PlayerRow::TABLE, PlayerWord::TABLE] };

record! {
    /// A person.
    pub struct PlayerRow in "players" {
        key {
            /// The person's id.
            player_id: PlayerId,
        }
        /// The venue.
        location_id: LocationId,
        /// The head of the family; none for the head itself.
        guardian_id: Option<PlayerId>,
        /// First name.
        first_name: Option<Name>,
        /// Last name.
        last_name: Option<Name>,
        /// The family's e-mail, folded; only a guardian has one.
        email: Option<EmailAddress>,
        /// `YYYY-MM-DD`.
        birth_date: Option<String>,
        /// Whether the person said to be an adult.
        adult_declared: bool,
        /// Telephone number, as it was written.
        phone: Option<String>,
        /// Text of the waiver signed last.
        waiver_version: Option<String>,
        /// When that was signed.
        waiver_signed_at: Option<Timestamp>,
        /// Until when that holds.
        waiver_expires_at: Option<Timestamp>,
        /// The band worn now.
        wristband_uid: Option<WristbandUid>,
        /// Whether the person asked to be forgotten.
        erased: bool,
        /// When the person joined.
        registered_at: Timestamp,
        /// Last event of the person's stream.
        stream_version: Version,
    }
    index "location" (location_id, player_id);
    index "guardian" (guardian_id);
}

record! {
    /// A word under which a person is found: of a name, the e-mail, the telephone number, or the band.
    pub struct PlayerWord in "player_words" {
        key {
            /// The venue.
            location_id: LocationId,
            /// Folded; see [`read_store::search::words`].
            word: String,
            /// The person.
            player_id: PlayerId,
        }
    }
}
