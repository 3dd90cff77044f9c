//! Causes as the engine makes them, and their form in the worker's own file.

use domain::{
    automation::Occasion,
    ids::AutomationId,
    plug::{Cause, CauseKind},
    values::Reason,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A cause without automation or event.
pub(super) fn because(kind: CauseKind, reason: impl AsRef<str>) -> Cause {
    Cause::new(kind, Reason::clipped(reason.as_ref()))
}

/// A cause that an automation acted on at `occasion`.
pub(super) fn automated(
    kind: CauseKind,
    automation: AutomationId,
    occasion: &Occasion,
    reason: impl AsRef<str>,
) -> Cause {
    let event_position = occasion.event_position;
    Cause { automation: Some(automation), event_position, ..because(kind, reason) }
}

/// A cause in the worker's own file.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Cause")]
pub(super) struct StoredCause {
    kind: CauseKind,
    automation: Option<AutomationId>,
    event_position: Option<u64>,
    #[serde(with = "stored_reason")]
    reason: Reason,
}

/// Reasons are stored as text. An older file may hold one that is longer than a reason may be.
pub(super) mod stored_reason {
    use super::{Deserialize, Deserializer, Reason, Serializer};

    pub(in crate::engine) fn serialize<S: Serializer>(reason: &Reason, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(reason.as_str())
    }

    pub(in crate::engine) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Reason, D::Error> {
        String::deserialize(from).map(|text| Reason::clipped(&text))
    }
}

/// A cause that may be missing.
pub(super) mod stored_option {
    use super::{Cause, Deserialize, Deserializer, Serialize, Serializer, StoredCause};

    #[derive(Serialize)]
    struct Borrowed<'a>(#[serde(with = "StoredCause")] &'a Cause);

    #[derive(Deserialize)]
    struct Owned(#[serde(with = "StoredCause")] Cause);

    #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub(in crate::engine) fn serialize<S: Serializer>(
        cause: &Option<Cause>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        cause.as_ref().map(Borrowed).serialize(to)
    }

    pub(in crate::engine) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Cause>, D::Error> {
        Ok(Option::<Owned>::deserialize(from)?.map(|owned| owned.0))
    }
}
