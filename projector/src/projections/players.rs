//! The people of the venues, and the words by which they are found. Personal data is here in plain text
//! until its person is erased; what can no longer be opened is null from the start.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    DomainEvent,
    ids::{LocationId, PlayerId, WristbandUid},
    player::{PersonalDetails, PlayerEvent},
    values::{EmailAddress, Name, Personal, Phone},
};
use read_model::players::{PLAYERS, PlayerRow, PlayerWord};
use read_store::{ReadModel, Tx, search};

use super::streams::player_id;
use crate::{ApplyError, Context, Event, Projection, Rows};

/// See the module.
pub struct Players;

#[async_trait]
impl Projection for Players {
    fn model(&self) -> &'static ReadModel {
        &PLAYERS
    }

    fn version(&self) -> u32 {
        3
    }

    fn handles(&self, event_type: &str) -> bool {
        // Who belongs to a family is said by each member's own registration.
        event_type.starts_with("player.") && !event_type.starts_with("player.dependant_added.")
    }

    fn cannot_wait(&self, event_type: &str) -> bool {
        event_type.starts_with("player.erased.")
    }

    async fn apply(&self, tx: &mut Tx, events: &[Event], context: &mut Context) -> Result<(), ApplyError> {
        let mut players = context.rows::<PlayerRow>();
        let mut words = context.rows::<PlayerWord>();
        let ids = events.iter().map(player_id).collect::<Result<Vec<_>, _>>()?;
        players.load(tx, ids.iter().flatten().map(|id| (*id,))).await?;
        for (event, id) in events.iter().zip(ids) {
            if let (DomainEvent::Player(fact), Some(id)) = (event.fact()?, id) {
                fold(&mut players, &mut words, event, id, fact)?;
            }
        }
        players.flush(tx, context).await?;
        Ok(words.flush(tx, context).await?)
    }
}

fn fold(
    players: &mut Rows<PlayerRow>,
    words: &mut Rows<PlayerWord>,
    event: &Event,
    id: PlayerId,
    fact: &PlayerEvent,
) -> Result<(), ApplyError> {
    let known = players.get(&(id,))?;
    if known.is_some_and(|row| row.stream_version >= event.version) {
        return Ok(());
    }
    let row = match fact {
        PlayerEvent::GuardianRegistered { id, location, details, email_key: _ } => {
            registered(event, *id, *location, None, details)
        }
        PlayerEvent::DependantRegistered { id, location, guardian, details } => {
            registered(event, *id, *location, Some(*guardian), details)
        }
        // An operator who skipped the registration gave up the person.
        fact => match known {
            Some(row) => changed(PlayerRow { stream_version: event.version, ..row.clone() }, fact),
            None => return Ok(()),
        },
    };
    find_by(words, known, &row);
    players.put(row);
    Ok(())
}

fn registered(
    event: &Event,
    player_id: PlayerId,
    location_id: LocationId,
    guardian_id: Option<PlayerId>,
    details: &Personal<PersonalDetails>,
) -> PlayerRow {
    let row = PlayerRow {
        player_id,
        location_id,
        guardian_id,
        first_name: None,
        last_name: None,
        email: None,
        birth_date: None,
        adult_declared: false,
        phone: None,
        waiver_version: None,
        waiver_signed_at: None,
        waiver_expires_at: None,
        wristband_uid: None,
        erased: false,
        registered_at: event.recorded_at,
        stream_version: event.version,
    };
    described(row, details.known())
}

fn described(row: PlayerRow, details: Option<&PersonalDetails>) -> PlayerRow {
    PlayerRow {
        first_name: details.map(|details| details.first_name.clone()),
        last_name: details.and_then(|details| details.last_name.clone()),
        email: details.and_then(|details| details.email.clone()),
        birth_date: details.and_then(|details| details.birth_date).map(|date| date.to_string()),
        adult_declared: details.is_some_and(|details| details.adult_declared),
        phone: details.and_then(|details| details.phone.as_ref()).map(|phone| phone.as_str().to_owned()),
        ..row
    }
}

fn changed(row: PlayerRow, fact: &PlayerEvent) -> PlayerRow {
    match fact {
        PlayerEvent::DetailsCorrected { details, email_key: _ } => described(row, details.known()),
        PlayerEvent::WaiverSigned { version, signature: _, signed_at, expires_at } => PlayerRow {
            waiver_version: Some(version.clone()),
            waiver_signed_at: Some(*signed_at),
            waiver_expires_at: Some(*expires_at),
            ..row
        },
        PlayerEvent::BandReceived { uid } => PlayerRow { wristband_uid: Some(uid.clone()), ..row },
        PlayerEvent::BandReturned { uid } => {
            PlayerRow { wristband_uid: row.wristband_uid.filter(|worn| worn != uid), ..row }
        }
        PlayerEvent::Erased => described(PlayerRow { erased: true, ..row }, None),
        PlayerEvent::Moved { guardian } => PlayerRow { guardian_id: Some(*guardian), ..row },
        PlayerEvent::GuardianRegistered { .. }
        | PlayerEvent::DependantRegistered { .. }
        | PlayerEvent::DependantLeft { .. }
        | PlayerEvent::DependantAdded { .. } => row,
    }
}

/// Writes the words that `after` is found by, and deletes those that only `before` was.
fn find_by(words: &mut Rows<PlayerWord>, before: Option<&PlayerRow>, after: &PlayerRow) {
    let (old, new) = (before.map(words_of).unwrap_or_default(), words_of(after));
    for word in old.difference(&new) {
        words.remove(&(after.location_id, word.clone(), after.player_id));
    }
    for word in new.difference(&old) {
        let (location_id, player_id) = (after.location_id, after.player_id);
        words.put(PlayerWord { location_id, word: word.clone(), player_id });
    }
}

fn words_of(row: &PlayerRow) -> BTreeSet<String> {
    let names = [&row.first_name, &row.last_name].into_iter().flatten().map(Name::as_str);
    let email = row.email.as_ref().map(EmailAddress::as_str);
    // Half of all people share the words after the `@`.
    let before_at = email.and_then(|email| email.split_once('@')).map(|(local, _)| local);
    let band = row.wristband_uid.as_ref().map(WristbandUid::as_str);
    // A reader may write a tag's number otherwise than it is stored.
    let number = band.and_then(|band| band.parse::<WristbandUid>().ok());
    let whole =
        email.into_iter().chain(band).chain(number.as_ref().map(WristbandUid::as_str)).map(search::word);
    let phone = row.phone.as_deref().map(|phone| Phone::stored(phone).digits());
    let whole = whole.chain(phone);
    names.chain(before_at).flat_map(search::words).chain(whole).collect()
}

#[cfg(test)]
#[path = "players_tests.rs"]
mod tests;
