//! Live messages on core NATS subjects `aero.live.<location>.<room>`. Never stored, never repeated.

use async_nats::Client;
use bytes::Bytes;
use domain::ids::{LocationId, RoomId};
use futures::StreamExt as _;

use crate::{BusError, LiveFeed, LiveMessage};

pub(super) async fn publish(
    client: &Client,
    location: LocationId,
    room: RoomId,
    body: Bytes,
) -> Result<(), BusError> {
    let subject = format!("aero.live.{location}.{room}");
    client.publish(subject, body).await.map_err(|error| BusError::Unavailable(error.into()))
}

pub(super) async fn subscribe(
    client: &Client,
    location: LocationId,
    room: Option<RoomId>,
) -> Result<LiveFeed, BusError> {
    let room = room.map_or_else(|| "*".to_owned(), |room| room.to_string());
    let subject = format!("aero.live.{location}.{room}");
    let messages = client.subscribe(subject).await.map_err(|error| BusError::Unavailable(error.into()))?;
    Ok(messages.filter_map(move |message| std::future::ready(read(location, &message))).boxed())
}

fn read(location: LocationId, message: &async_nats::Message) -> Option<LiveMessage> {
    let room = message.subject.rsplit('.').next()?.parse().ok()?;
    Some(LiveMessage { location, room, body: message.payload.clone() })
}
