//! Who a plug is, wherever it is: an address says only where it is today.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{
    checked::checked_values,
    claim,
    ids::{InvalidId, StreamName},
};

/// What tells one outlet from every other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct PlugIdentity {
    /// The device's network interface.
    pub mac: MacAddress,
    /// The device, as its maker numbered it.
    pub device_id: HardwareId,
    /// The outlet, on a strip.
    pub child_id: Option<HardwareId>,
}

impl PlugIdentity {
    /// The stream that keeps this identity unique among all plugs of all locations.
    #[must_use]
    pub fn claim_stream(&self) -> StreamName {
        let child = self.child_id.as_ref().map_or("", HardwareId::as_str);
        claim::stream("plug", &format!("{}:{}:{child}", self.mac.digits(), self.device_id))
    }

    /// The stream that all plugs of one device share: it is one plug, or its outlets are plugs.
    #[must_use]
    pub fn device_stream(&self) -> StreamName {
        claim::stream("plug_device", &format!("{}:{}", self.mac.digits(), self.device_id))
    }

    /// The device as one plug.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { child_id: None, ..self.clone() }
    }
}

impl fmt::Display for PlugIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.child_id {
            Some(child) => write!(f, "{} ({}, outlet {child})", self.device_id, self.mac),
            None => write!(f, "{} ({})", self.device_id, self.mac),
        }
    }
}

/// A MAC address. Reads `50:C7:BF:00:00:01`, `50-c7-bf-00-00-01` and `50C7BF000001`, writes the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(into = "String")]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// The twelve digits alone.
    fn digits(self) -> String {
        self.to_string().replace(':', "")
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = &self.0;
        write!(f, "{first:02X}")?;
        rest.iter().try_for_each(|octet| write!(f, ":{octet:02X}"))
    }
}

impl FromStr for MacAddress {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let refused =
            InvalidId { kind: "MAC address", expected: "six hexadecimal octets such as 50:C7:BF:00:00:01" };
        let separator = text.chars().nth(2).filter(|c| matches!(c, ':' | '-'));
        let digits = match separator {
            Some(c) if text.len() == 17 && text.chars().skip(2).step_by(3).all(|at| at == c) => {
                text.split(c).collect()
            }
            Some(_) => return Err(refused),
            None => text.to_owned(),
        };
        if digits.len() != 12 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(refused);
        }
        let Ok(number) = u64::from_str_radix(&digits, 16) else { return Err(refused) };
        let [_, _, octets @ ..] = number.to_be_bytes();
        Ok(Self(octets))
    }
}

impl From<MacAddress> for String {
    fn from(mac: MacAddress) -> Self {
        mac.to_string()
    }
}

/// An id a maker gave to a device or to one outlet of it: 1 to 64 printable ASCII characters, no blanks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(into = "String")]
pub struct HardwareId(Arc<str>);

impl HardwareId {
    /// The id as the device writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HardwareId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        // Colons separate the parts of a claim's key.
        let plain = |b: u8| b.is_ascii_graphic() && b != b':';
        if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId {
                kind: "hardware id",
                expected: "1 to 64 printable ASCII characters without blanks or colons",
            })
        }
    }
}

impl From<HardwareId> for String {
    fn from(id: HardwareId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for HardwareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

checked_values! {
    MacAddress: String, |text| text.parse::<Self>(), else Self([0; 6]);
    HardwareId: String, |text| text.parse::<Self>(), else Self("-".into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_is_read_in_three_forms_and_written_in_one() {
        for text in ["50:C7:BF:00:0a:01", "50-c7-bf-00-0a-01", "50C7bf000A01"] {
            assert_eq!(text.parse::<MacAddress>().unwrap().to_string(), "50:C7:BF:00:0A:01");
        }
        let others =
            ["", "50:C7:BF:00:0a", "50:C7-BF:00:0a:01", "5:0C7:BF:00:0a:01", "50C7BF000A0G", "+0C7BF000A01"];
        for text in others {
            assert!(text.parse::<MacAddress>().is_err(), "{text}");
        }
        assert!("50:C7:BF:00:0\u{e9}1".parse::<MacAddress>().is_err());
    }

    #[test]
    fn the_longest_identity_has_a_stream_of_its_own() {
        let long: HardwareId = "x".repeat(64).parse().unwrap();
        let mac = MacAddress([0xFF; 6]);
        let outlet = PlugIdentity { mac, device_id: long.clone(), child_id: Some(long.clone()) };
        let whole = PlugIdentity { mac, device_id: long, child_id: None };
        assert!(outlet.claim_stream().as_str().parse::<StreamName>().is_ok());
        assert_ne!(outlet.claim_stream(), whole.claim_stream());
        assert!(outlet.device_stream().as_str().parse::<StreamName>().is_ok());
        assert_eq!(outlet.device_stream(), whole.device_stream());
        assert!("a:b".parse::<HardwareId>().is_err());
        assert!("x".repeat(65).parse::<HardwareId>().is_err());
    }
}
