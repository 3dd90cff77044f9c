//! `POST /v1/locations/{location}/plugs`.

use core::net::{IpAddr, SocketAddr};

use axum::extract::State;
use domain::{
    ids::{LocationId, PlugId},
    plug::{HardwareId, MacAddress, Model, NewPlug, PlugIdentity},
    values::{InvalidValue, Name},
};
use http_api::{CommandRequest, CreatedOrKnown, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::plug::RegisterPlug, execute::Created};

/// Where these plugs listen when nothing else is said.
const USUAL_PORT: u16 = 9999;

/// A plug that was found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterPlugRequest {
    /// Of its network interface.
    #[schema(example = "50:C7:BF:00:00:01")]
    mac: String,
    /// As its maker numbered it.
    #[schema(min_length = 1, max_length = 64)]
    device_id: String,
    /// The outlet, on a strip.
    #[schema(min_length = 1, max_length = 64)]
    child_id: Option<String>,
    /// What the device calls its model.
    #[schema(min_length = 1, max_length = 100, example = "HS110(EU)")]
    model: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Where it was found; port 9999 when none is named.
    #[schema(example = "10.0.3.40:9999")]
    address: Option<String>,
    /// Whether it can measure.
    #[serde(default)]
    has_energy_meter: bool,
}

impl RegisterPlugRequest {
    fn checked(&self, location: LocationId, id: PlugId) -> Result<RegisterPlug, Problem> {
        let mut errors = FieldErrors::default();
        let mac = errors.field("mac", self.mac.parse::<MacAddress>());
        let device_id = errors.field("device_id", self.device_id.parse::<HardwareId>());
        let child_id = self.child_id.as_deref().map(str::parse::<HardwareId>).transpose();
        let child_id = errors.field("child_id", child_id);
        let model = errors.field("model", Model::new(&self.model));
        let name = errors.field("name", Name::new(&self.name));
        let address = errors.field("address", self.address.as_deref().map(address).transpose());
        let (mac, device_id, child_id, model, name, address) =
            errors.finish((mac, device_id, child_id, model, name, address))?;
        let identity = PlugIdentity { mac, device_id, child_id };
        let has_energy_meter = self.has_energy_meter;
        Ok(RegisterPlug(NewPlug { id, location, identity, model, name, address, has_energy_meter }))
    }
}

/// A host that one device can have, in text.
fn address(text: &str) -> Result<SocketAddr, InvalidValue> {
    let with_port = |ip: IpAddr| SocketAddr::new(ip, USUAL_PORT);
    let address = text.parse::<SocketAddr>().or_else(|_| text.parse::<IpAddr>().map(with_port));
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

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(location): ValidPath<LocationId>,
    request: CommandRequest<RegisterPlugRequest>,
) -> Result<CreatedOrKnown<Created>, Problem> {
    let register = request.body.checked(location, PlugId(app.new_id()))?;
    app.send(&request.meta, register).await.map(CreatedOrKnown)
}
