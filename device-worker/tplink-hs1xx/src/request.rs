//! Requests: a method, and the outlets it is for, as JSON text.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::identity::ChildId;
use crate::refusal::ReplyError;
use crate::reply;

/// Longest request sent, in bytes of JSON. Longer ones crash some devices.
///
/// Source: field reports collected by the authors of other clients; no vendor document.
pub const MAX_REQUEST_LEN: usize = 768;

/// One method of the protocol: its name, its arguments (`Serialize`, as a JSON object) and
/// what a device answers.
///
/// [`method`](crate::method) has those of plugs and strips. Implement it for others, but only
/// where receiving a request twice does no harm: a client sends it again when a connection it
/// had kept open turns out to be closed.
pub trait Method: Serialize {
    /// What a device answers.
    type Reply;

    /// The module, such as `system`.
    const MODULE: &'static str;

    /// The name within the module, such as `get_sysinfo`.
    const NAME: &'static str;

    /// Reads the fields of an answer whose `err_code` is 0.
    ///
    /// # Errors
    ///
    /// [`ReplyError::Field`] when one is missing or not as it should be.
    fn parse(fields: &Map<String, Value>) -> Result<Self::Reply, ReplyError>;
}

/// A request that must not be sent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Longer than [`MAX_REQUEST_LEN`].
    #[error("request of {bytes} bytes is over the limit of {limit}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit, [`MAX_REQUEST_LEN`].
        limit: usize,
    },
    /// [`Outlets::Children`] without a single child.
    #[error("request names no outlet")]
    NoOutlet,
    /// The arguments are no JSON; does not happen with the methods of this crate.
    #[error("arguments cannot be written as JSON")]
    Arguments(#[source] serde_json::Error),
}

/// The part of a device that a request is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Outlets {
    /// The device itself: the relay of a plug, all the outlets of a strip.
    #[default]
    Whole,
    /// These outlets of a strip. If the device does not know one of them it does nothing and
    /// answers [`ErrorCode::EntryNotExist`](crate::ErrorCode::EntryNotExist). An empty list
    /// is refused, so that a filter that found nothing never switches a whole strip.
    Children(Vec<ChildId>),
}

impl From<ChildId> for Outlets {
    fn from(child: ChildId) -> Self {
        Self::Children(vec![child])
    }
}

impl FromIterator<ChildId> for Outlets {
    fn from_iter<I: IntoIterator<Item = ChildId>>(children: I) -> Self {
        Self::Children(children.into_iter().collect())
    }
}

/// A method and the outlets it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<M> {
    method: M,
    outlets: Outlets,
}

impl<M: Method> Request<M> {
    /// A request to the whole device.
    pub fn new(method: M) -> Self {
        Self::to(method, Outlets::Whole)
    }

    /// A request to some outlets.
    pub fn to(method: M, outlets: Outlets) -> Self {
        Self { method, outlets }
    }

    /// The JSON text.
    ///
    /// # Errors
    ///
    /// [`RequestError`], each variant as its name says.
    ///
    /// ```
    /// use tplink_hs1xx::{Request, method::SetRelayState};
    ///
    /// let request = Request::new(SetRelayState::new(true));
    /// let json = r#"{"system":{"set_relay_state":{"state":1}}}"#;
    /// assert_eq!(request.to_json().unwrap(), json.as_bytes());
    /// ```
    pub fn to_json(&self) -> Result<Vec<u8>, RequestError> {
        if matches!(&self.outlets, Outlets::Children(ids) if ids.is_empty()) {
            return Err(RequestError::NoOutlet);
        }
        let json = serde_json::to_vec(self).map_err(RequestError::Arguments)?;
        if json.len() > MAX_REQUEST_LEN {
            return Err(RequestError::TooLong { bytes: json.len(), limit: MAX_REQUEST_LEN });
        }
        Ok(json)
    }

    /// Reads the answer to this request from JSON text. Never panics, whatever the bytes.
    ///
    /// # Errors
    ///
    /// [`ReplyError`], each variant as its name says.
    pub fn parse_reply(&self, json: &[u8]) -> Result<M::Reply, ReplyError> {
        M::parse(&reply::fields(json, M::MODULE, M::NAME)?)
    }
}

impl<M: Method> Serialize for Request<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Outlets::Children(ids) = &self.outlets {
            map.serialize_entry("context", &Entry("child_ids", ids))?;
        }
        map.serialize_entry(M::MODULE, &Entry(M::NAME, &self.method))?;
        map.end()
    }
}

/// A JSON object with one entry.
struct Entry<'a, T>(&'static str, &'a T);

impl<T: Serialize> Serialize for Entry<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, self.1)?;
        map.end()
    }
}
