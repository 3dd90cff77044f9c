//! How events lie in the log: one declaration a stored version gives its JSON both ways.
//!
//! [`stored_events!`](crate::stored_events) declares the stored versions of an aggregate's events,
//! [`stored_struct!`](crate::stored_struct) a struct inside of them. What a single value looks like is its
//! [`Stored`] form; a value whose form no macro fits implements the trait by hand.

use domain::values::InvalidValue;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{DecodeError, EncodeError, Opener, Sealer};

/// What writing an event takes beside the event.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    /// Seals personal data.
    pub sealer: &'a dyn Sealer,
    /// Whose history the event belongs to.
    pub stream_id: &'a str,
}

/// What reading an event takes beside its JSON.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The stored type.
    pub event_type: &'a str,
    /// Opens sealed personal data.
    pub opener: &'a dyn Opener,
    /// Whose history the event belongs to.
    pub stream_id: &'a str,
    /// Whether the JSON comes from the log, whose texts were checked when they were written.
    pub trusted: bool,
}

impl Reading<'_> {
    /// The error of a value in `field` that breaks its own rule.
    #[must_use]
    pub fn impossible(&self, field: &'static str) -> DecodeError {
        DecodeError::Value { event_type: self.event_type.to_owned(), field }
    }

    /// The struct in `json`.
    ///
    /// # Errors
    /// `Shape`.
    pub fn parse<T: DeserializeOwned>(&self, json: impl ReadJson) -> Result<T, DecodeError> {
        json.read().map_err(|source| DecodeError::Shape { event_type: self.event_type.to_owned(), source })
    }

    /// `text` as a value: as it is out of the log, checked from anywhere else.
    ///
    /// # Errors
    /// `Text`.
    pub fn text<T>(
        &self,
        text: &str,
        stored: fn(&str) -> T,
        checked: fn(&str) -> Result<T, InvalidValue>,
    ) -> Result<T, DecodeError> {
        if self.trusted {
            return Ok(stored(text));
        }
        checked(text).map_err(|source| DecodeError::Text { event_type: self.event_type.to_owned(), source })
    }
}

/// What a stored form is written to: the log's text, or a value to add to.
pub trait WriteJson: Sized {
    /// The JSON of `form`.
    ///
    /// # Errors
    /// None that a stored form has.
    fn written(form: &impl Serialize) -> serde_json::Result<Self>;
}

impl WriteJson for String {
    fn written(form: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::to_string(form)
    }
}

impl WriteJson for Value {
    fn written(form: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::to_value(form)
    }
}

/// What a stored form is read from.
pub trait ReadJson {
    /// The form.
    ///
    /// # Errors
    /// When the JSON is of another shape.
    fn read<T: DeserializeOwned>(self) -> serde_json::Result<T>;
}

impl ReadJson for &str {
    fn read<T: DeserializeOwned>(self) -> serde_json::Result<T> {
        serde_json::from_str(self)
    }
}

impl ReadJson for Value {
    fn read<T: DeserializeOwned>(self) -> serde_json::Result<T> {
        serde_json::from_value(self)
    }
}

/// A value as a field of a stored event.
pub trait Stored: Sized {
    /// Whether writing it takes a person's key.
    const SEALED: bool = false;
    /// What is written; it borrows from the event.
    type Written<'a>: Serialize
    where
        Self: 'a;
    /// What is read.
    type Read: DeserializeOwned;

    /// The form to write.
    ///
    /// # Errors
    /// `Seal` when a person's key is not at hand.
    fn written(&self, writing: &Writing<'_>) -> Result<Self::Written<'_>, EncodeError>;

    /// The value again.
    ///
    /// # Errors
    /// `Value`, `Text`.
    fn read(read: Self::Read, reading: &Reading<'_>) -> Result<Self, DecodeError>;
}

/// An aggregate's events with their stored versions. Made by [`stored_events!`](crate::stored_events).
pub trait StoredEvents: Sized {
    /// Every stored type, old versions included.
    const TYPES: &'static [&'static str];

    /// The newest stored version.
    ///
    /// # Errors
    /// `Seal` when a person's key is not at hand.
    fn encode<J: WriteJson>(&self, writing: &Writing<'_>) -> Result<(&'static str, J), EncodeError>;

    /// The event in `json`, upcast to the newest version.
    ///
    /// # Errors
    /// See [`DecodeError`].
    fn decode(json: impl ReadJson, reading: &Reading<'_>) -> Result<Self, DecodeError>;

    /// Whether `event_type` holds personal data, so that opening it takes the person's key.
    fn is_sealed(event_type: &str) -> bool;

    /// Whether writing the event takes the person's key.
    fn needs_sealing(&self) -> bool;
}

/// Declares the stored versions of an aggregate's events and implements [`StoredEvents`].
///
/// One block a version: its type, its fields with the types they have in the domain, and the event.
///
/// ```
/// use domain::{ids::PlayerId, values::Reason};
/// use events::stored_events;
///
/// #[derive(Debug, PartialEq)]
/// enum LockerEvent {
///     Opened { player: PlayerId, reason: Reason, times: u32 },
///     Closed,
///     Seen { sight: Sight, note: Reason },
/// }
///
/// #[derive(Debug, PartialEq)]
/// enum Sight {
///     Door { open: bool },
/// }
///
/// stored_events! {
///     LockerEvent {
///         // The variant's fields are named after the block's; `as` gives the name in the JSON.
///         "locker.opened.v2" {
///             player as "player_id": PlayerId,
///             reason: Reason,
///             times: u32,
///         } => Opened,
///         "locker.closed.v1" {} => Closed,
///         // In brackets stands any pattern over the block's names that is an expression too.
///         "locker.seen.v1" { open: bool, note: Reason }
///             => (LockerEvent::Seen { sight: Sight::Door { open }, note }),
///     }
///     // Versions that are no longer written. The event is an expression: the upcaster.
///     read only {
///         "locker.opened.v1" { player as "player_id": PlayerId, reason: Reason }
///             => (LockerEvent::Opened { player, reason, times: 1 }),
///     }
/// }
///
/// use events::{NoKeys, stored::{Reading, StoredEvents, Writing}};
///
/// let reading = |event_type| Reading { event_type, opener: &NoKeys, stream_id: "7", trusted: true };
/// let json = r#"{"player_id":"00000000-0000-0000-0000-000000000000","reason":"left"}"#;
/// let old = LockerEvent::decode(json, &reading("locker.opened.v1"))?;
/// let (event_type, json) = old.encode::<String>(&Writing { sealer: &NoKeys, stream_id: "7" })?;
/// assert_eq!(event_type, "locker.opened.v2");
/// assert!(json.ends_with(r#""reason":"left","times":1}"#));
/// assert_eq!(LockerEvent::decode(&*json, &reading(event_type))?, old);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Every type implements [`Stored`]; a field takes serde's attributes. An event without a block does not
/// compile, nor does a block that leaves out a field of its event.
#[macro_export]
macro_rules! stored_events {
    (
        $event:ident {
            $($type:literal {
                $($(#[$meta:meta])* $name:ident $(as $key:literal)?: $of:ty),* $(,)?
            } => $domain:tt,)+
        }
        $(read only {
            $($old_type:literal {
                $($(#[$old_meta:meta])* $old_name:ident $(as $old_key:literal)?: $old_of:ty),* $(,)?
            } => $old_domain:tt,)+
        })?
    ) => {
        impl $crate::stored::StoredEvents for $event {
            const TYPES: &'static [&'static str] = &[$($type,)+ $($($old_type,)+)?];

            fn encode<J: $crate::stored::WriteJson>(
                &self,
                writing: &$crate::stored::Writing<'_>,
            ) -> Result<(&'static str, J), $crate::EncodeError> {
                match self {
                    $($crate::stored_events!(@event $event $domain $($name)*) => {
                        $crate::stored_struct!(@write {$($(#[$meta])* $name $(as $key)?: $of,)*} form writing);
                        Ok(($type, J::written(&form)?))
                    })+
                }
            }

            fn decode(
                json: impl $crate::stored::ReadJson,
                reading: &$crate::stored::Reading<'_>,
            ) -> Result<Self, $crate::DecodeError> {
                match reading.event_type {
                    $($type => {
                        $crate::stored_struct!(@read {$($(#[$meta])* $name $(as $key)?: $of,)*} json reading);
                        Ok($crate::stored_events!(@event $event $domain $($name)*))
                    })+
                    $($($old_type => {
                        $crate::stored_struct!(
                            @read {$($(#[$old_meta])* $old_name $(as $old_key)?: $old_of,)*} json reading
                        );
                        Ok($crate::stored_events!(@event $event $old_domain $($old_name)*))
                    })+)?
                    unknown => Err($crate::DecodeError::UnknownType(unknown.to_owned())),
                }
            }

            fn is_sealed(event_type: &str) -> bool {
                match event_type {
                    $($type => false $(|| <$of as $crate::stored::Stored>::SEALED)*,)+
                    $($($old_type => false $(|| <$old_of as $crate::stored::Stored>::SEALED)*,)+)?
                    _ => false,
                }
            }

            #[allow(unused_variables, reason = "a pattern names the fields of its event")]
            fn needs_sealing(&self) -> bool {
                match self {
                    $($crate::stored_events!(@event $event $domain $($name)*) => {
                        false $(|| <$of as $crate::stored::Stored>::SEALED)*
                    })+
                }
            }
        }
    };
    (@event $event:ident ($($domain:tt)+) $($name:ident)*) => { $($domain)+ };
    (@event $event:ident $variant:ident $($name:ident)*) => { $event::$variant { $($name),* } };
}

/// Declares the stored form of a struct inside of events, with the fields as [`stored_events!`] takes them.
///
/// ```
/// use domain::{ids::PlayerId, values::Name};
/// use events::stored_struct;
///
/// struct Guest {
///     player: PlayerId,
///     name: Name,
/// }
///
/// stored_struct! {
///     Guest { player as "player_id": PlayerId, name: Name }
/// }
/// ```
///
/// [`stored_events!`]: crate::stored_events
#[macro_export]
macro_rules! stored_struct {
    ($struct:ident { $($(#[$meta:meta])* $name:ident $(as $key:literal)?: $of:ty),* $(,)? }) => {
        const _: () = {
            #[derive(::serde::Serialize)]
            pub struct Written<'a> {
                $($(#[$meta])* $(#[serde(rename = $key)])?
                $name: <$of as $crate::stored::Stored>::Written<'a>,)*
            }

            #[derive(::serde::Deserialize)]
            pub struct Read {
                $($(#[$meta])* $(#[serde(rename = $key)])?
                $name: <$of as $crate::stored::Stored>::Read,)*
            }

            impl $crate::stored::Stored for $struct {
                type Written<'a> = Written<'a>;
                type Read = Read;

                fn written(
                    &self,
                    writing: &$crate::stored::Writing<'_>,
                ) -> Result<Written<'_>, $crate::EncodeError> {
                    Ok(Written {
                        $($name: <$of as $crate::stored::Stored>::written(&self.$name, writing)?,)*
                    })
                }

                fn read(
                    read: Read,
                    reading: &$crate::stored::Reading<'_>,
                ) -> Result<Self, $crate::DecodeError> {
                    Ok(Self {
                        $($name: <$of as $crate::stored::Stored>::read(read.$name, reading)?,)*
                    })
                }
            }
        };
    };
    // `$form` from the references in the names.
    (@write { $($(#[$meta:meta])* $name:ident $(as $key:literal)?: $of:ty,)* } $form:ident $writing:ident) => {
        #[derive(::serde::Serialize)]
        struct Form<'a> {
            $($(#[$meta])* $(#[serde(rename = $key)])?
            $name: <$of as $crate::stored::Stored>::Written<'a>,)*
            // A form without fields borrows nothing.
            #[serde(skip)]
            _borrowed: ::core::marker::PhantomData<&'a ()>,
        }
        let $form = Form {
            $($name: <$of as $crate::stored::Stored>::written($name, $writing)?,)*
            _borrowed: ::core::marker::PhantomData,
        };
    };
    // The values in the names, out of `$json`.
    (@read { $($(#[$meta:meta])* $name:ident $(as $key:literal)?: $of:ty,)* } $json:ident $reading:ident) => {
        #[derive(::serde::Deserialize)]
        struct Form {
            $($(#[$meta])* $(#[serde(rename = $key)])?
            $name: <$of as $crate::stored::Stored>::Read,)*
        }
        let Form { $($name),* } = $reading.parse($json)?;
        $(let $name = <$of as $crate::stored::Stored>::read($name, $reading)?;)*
    };
}

#[cfg(test)]
mod tests {

    use domain::{ids::PlayerId, values::Reason};

    use super::*;
    use crate::NoKeys;

    #[derive(Debug, PartialEq)]
    enum LockerEvent {
        Opened { player: PlayerId, reasons: Vec<Reason>, until: Option<u32> },
        Closed,
    }

    crate::stored_events! {
        LockerEvent {
            "locker.opened.v2" {
                player as "player_id": PlayerId,
                reasons: Vec<Reason>,
                #[serde(skip_serializing_if = "Option::is_none")]
                until: Option<u32>,
            } => Opened,
            "locker.closed.v1" {} => Closed,
        }
        read only {
            "locker.opened.v1" { player as "player_id": PlayerId, reason: Reason }
                => (LockerEvent::Opened { player, reasons: vec![reason], until: None }),
        }
    }

    const OPENED: &str = r#"{"player_id":"00000000-0000-0000-0000-000000000001","reasons":["key","key"]}"#;

    fn decode(event_type: &str, json: &str, trusted: bool) -> Result<LockerEvent, DecodeError> {
        LockerEvent::decode(json, &Reading { event_type, opener: &NoKeys, stream_id: "7", trusted })
    }

    fn opened(reasons: &[&str]) -> LockerEvent {
        let reasons = reasons.iter().map(|text| Reason::stored(text)).collect();
        LockerEvent::Opened { player: PlayerId(uuid::Uuid::from_u128(1)), reasons, until: None }
    }

    #[test]
    fn a_declared_event_is_written_under_its_names_and_read_again() {
        let writing = Writing { sealer: &NoKeys, stream_id: "7" };
        let encode = |event: &LockerEvent| event.encode::<String>(&writing).unwrap();
        assert_eq!(encode(&opened(&["key", "key"])), ("locker.opened.v2", OPENED.into()));
        assert_eq!(encode(&LockerEvent::Closed), ("locker.closed.v1", "{}".into()));
        assert_eq!(decode("locker.opened.v2", OPENED, true).unwrap(), opened(&["key", "key"]));
        assert_eq!(decode("locker.closed.v1", "{}", true).unwrap(), LockerEvent::Closed);
    }

    #[test]
    fn an_old_version_is_read_by_its_upcaster() {
        let json = r#"{"player_id":"00000000-0000-0000-0000-000000000001","reason":"key"}"#;
        assert_eq!(decode("locker.opened.v1", json, true).unwrap(), opened(&["key"]));
        assert_eq!(LockerEvent::TYPES, ["locker.opened.v2", "locker.closed.v1", "locker.opened.v1"]);
    }

    #[test]
    fn texts_from_elsewhere_than_the_log_are_checked() {
        let json = OPENED.replace("key", " ");
        assert_eq!(decode("locker.opened.v2", &json, true).unwrap(), opened(&[" ", " "]));
        let refused = decode("locker.opened.v2", &json, false).unwrap_err();
        assert!(matches!(refused, DecodeError::Text { source: InvalidValue::Empty, .. }));
    }

    #[test]
    fn errors_name_the_stored_type() {
        let shape = decode("locker.opened.v2", "{}", true).unwrap_err();
        assert_eq!(shape.to_string(), "event data does not have the shape of locker.opened.v2");
        let DecodeError::Shape { source, .. } = shape else { panic!("{shape}") };
        assert!(source.to_string().starts_with("missing field `player_id`"));
        assert!(matches!(decode("locker.opened.v9", "{}", true), Err(DecodeError::UnknownType(_))));
    }
}
