//! What people are called: in full for who may read persons, otherwise by the display name that the venue chose.

use std::collections::{BTreeSet, HashMap};

use auth::{Permission, Principal};
use domain::{
    ids::{LocationId, PlayerId},
    player::ADULT_AGE,
    setting::{DISPLAY_NAMES, DisplayNames, SettingContext, SettingValue, resolve},
};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use read_model::settings::SettingRow;
use read_store::{Record as _, list, record};

use super::settings::scope;
use crate::{QueryError, Tables};

/// Nowhere is the day earlier than this long before UTC's.
const WESTERNMOST: SignedDuration = SignedDuration::from_hours(12);

/// What of a person's name a caller may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// All of it.
    Persons,
    /// The display name.
    Displays,
}

impl Reader {
    /// By the permissions of `caller`.
    #[must_use]
    pub fn of(caller: &Principal) -> Self {
        if caller.permissions.contains(Permission::PLAYER_READ) { Self::Persons } else { Self::Displays }
    }
}

record! {
    /// Whose name it is.
    struct Whose {
        player_id: PlayerId,
    }
}

record! {
    /// A person's name, and what decides how it is shown.
    pub(super) struct Person {
        first_name: Option<String>,
        last_name: Option<String>,
        birth_date: Option<String>,
        adult_declared: Option<bool>,
    }
}

/// The columns of a [`Person`] whose row is `p`.
pub(super) const COLUMNS: &str = "p.first_name AS first_name, p.last_name AS last_name, p.birth_date AS birth_date, \
     p.adult_declared AS adult_declared";

/// A person's names, as far as a caller may read them; none once erased.
#[derive(Clone, Default)]
pub(super) struct Names {
    pub(super) display: Option<String>,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
}

/// How the persons of a venue are named to a caller.
pub(super) struct Naming {
    reader: Reader,
    display: DisplayNames,
    /// Who was born later is not of age yet, wherever the venue is.
    adults_born_by: Date,
}

impl Naming {
    /// At `location`, to `reader`.
    pub(super) async fn at(
        tables: &Tables,
        location: LocationId,
        reader: Reader,
        now: Timestamp,
    ) -> Result<Self, QueryError> {
        let sql = format!(
            "SELECT {} FROM {{settings}} s WHERE s.setting_key = ?2 AND s.setting_value IS NOT NULL \
             AND (s.location_id = ?1 OR s.location_id IS NULL)",
            SettingRow::select("s")
        );
        let rows = tables.query(&sql, &[location.into(), DISPLAY_NAMES.to_owned().into()]).await?;
        let rows = rows.decode::<SettingRow>()?;
        let values = rows.into_iter().filter_map(|row| Some((scope(&row), row.setting_value?.0)));
        let place = SettingContext { location: Some(location), ..SettingContext::default() };
        let display = match resolve(values, &place) {
            Some((_, SettingValue::Text(text))) => text.parse().unwrap_or_default(),
            _ => DisplayNames::default(),
        };
        Ok(Self { reader, display, adults_born_by: adults_born_by(now) })
    }

    /// The names of those of `players` who are known at `location`.
    pub(super) async fn of_all(
        &self,
        tables: &Tables,
        location: LocationId,
        players: &BTreeSet<PlayerId>,
    ) -> Result<HashMap<PlayerId, Names>, QueryError> {
        if players.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "SELECT p.player_id AS player_id, {COLUMNS} FROM {{players}} p \
             WHERE p.player_id IN {{list ?2}} AND p.location_id = ?1"
        );
        let rows = tables.query(&sql, &[location.into(), list(players.iter().copied())]).await?;
        let found = rows.decode::<(Whose, Person)>()?;
        Ok(found.into_iter().map(|(whose, person)| (whose.player_id, self.of(person))).collect())
    }

    /// The names of `person`.
    pub(super) fn of(&self, person: Person) -> Names {
        let born: Option<Date> = person.birth_date.as_deref().and_then(|date| date.parse().ok());
        let declared = person.adult_declared.unwrap_or_default();
        let is_adult = born.map_or(declared, |born| born <= self.adults_born_by);
        let (first, last) = (person.first_name, person.last_name);
        let display = first.as_deref().map(|first| self.display.of(first, last.as_deref(), is_adult));
        match self.reader {
            Reader::Persons => Names { display, first, last },
            Reader::Displays => Names { display, first: None, last: None },
        }
    }
}

fn adults_born_by(now: Timestamp) -> Date {
    let earliest = now.saturating_sub(WESTERNMOST).unwrap_or(now);
    TimeZone::UTC.to_datetime(earliest).date().saturating_sub(ADULT_AGE.years())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn who_is_of_age_is_so_in_every_zone() {
        assert_eq!(adults_born_by("2026-05-01T11:59:59Z".parse().unwrap()), date(2008, 4, 30));
        assert_eq!(adults_born_by("2026-05-01T12:00:00Z".parse().unwrap()), date(2008, 5, 1));
    }
}
