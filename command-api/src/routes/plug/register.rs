//! `POST /v1/locations/{location}/plugs`.

use core::net::{IpAddr, SocketAddr};

use auth::KeyKind;
use axum::extract::State;
use domain::{
    ids::{LocationId, PlugId},
    plug::{HardwareId, MacAddress, Model, NewPlug, PlugIdentity, PlugNetworks},
    values::{InvalidValue, Name},
};
use http_api::{CommandRequest, CreatedOrKnown, FieldError, Problem, ValidPath};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::outside;
use crate::{CommandApi, commands::plug::RegisterPlug, execute::Created, routes::fields};

/// Where these plugs listen when nothing else is said.
const USUAL_PORT: u16 = 9999;

/// A plug that was found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterPlugRequest {
    /// Of its network interface.
    #[schema(value_type = String, example = "50:C7:BF:00:00:01")]
    mac: MacAddress,
    /// As its maker numbered it.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    device_id: HardwareId,
    /// The outlet, on a strip.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    child_id: Option<HardwareId>,
    /// What the device calls its model.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "HS110(EU)")]
    model: Model,
    /// What people call it.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
    /// Where it was found; port 9999 when none is named. It lies in one of the networks of plugs, which are the
    /// private ones unless the installation names others.
    #[serde(default, deserialize_with = "optional_address")]
    #[schema(value_type = Option<String>, example = "10.0.3.40:9999")]
    address: Option<SocketAddr>,
    /// Whether it can measure.
    #[serde(default)]
    has_energy_meter: bool,
}

fn optional_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    fields::optional_text(deserializer, address)
}

/// A host that one device can have, in text.
fn address(text: &str) -> Result<SocketAddr, InvalidValue> {
    let with_port = |ip: IpAddr| SocketAddr::new(ip, USUAL_PORT);
    let address = text.parse::<SocketAddr>().or_else(|_| text.parse::<IpAddr>().map(with_port));
    let address = address.map(|address| SocketAddr::new(address.ip().to_canonical(), address.port()));
    let is_broadcast = |ip: IpAddr| matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    match address {
        Ok(address)
            if address.port() != 0
                && !address.ip().is_unspecified()
                && !address.ip().is_multicast()
                && !is_broadcast(address.ip()) =>
        {
            Ok(address)
        }
        Ok(_) | Err(_) => Err(InvalidValue::Malformed {
            expected: "the IP address of one device, with or without a port, such as 10.0.3.40:9999",
        }),
    }
}

/// Refuses an address that no plug may have: whoever may register plugs must not reach the rest of the network.
fn within(networks: &PlugNetworks, address: SocketAddr) -> Result<(), Problem> {
    if networks.contain(address) {
        return Ok(());
    }
    let (field, message) = ("/address".to_owned(), outside(networks));
    Err(Problem::invalid_fields(vec![FieldError { field, message, code: "out_of_range" }]))
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<RegisterPlugRequest>,
) -> Result<CreatedOrKnown<Created>, Problem> {
    let RegisterPlugRequest { mac, device_id, child_id, model, name, address, has_energy_meter } =
        request.body;
    if let Some(address) = address {
        within(&app.plug_networks, address)?;
    }
    let (id, identity) = (PlugId(app.new_id()), PlugIdentity { mac, device_id, child_id });
    let found = request.meta.caller.kind == KeyKind::DeviceWorker;
    let plug = NewPlug { id, location, identity, model, name, address, has_energy_meter, found };
    app.send(&request.meta, RegisterPlug(plug)).await.map(CreatedOrKnown)
}
