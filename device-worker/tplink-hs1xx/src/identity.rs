//! What tells a device from another: device id, MAC address and, on strips, child id.
//!
//! An address says where a plug is today. DHCP moves plugs, so nothing here contains one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest id accepted. Device ids seen are 40 characters, child ids 42.
const MAX_ID_LEN: usize = 64;

/// Text that is no device id, child id or MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// Empty, longer than 64 characters, or not printable ASCII.
    #[error("an id is 1 to 64 printable ASCII characters without spaces")]
    Id,
    /// Not six octets in hexadecimal.
    #[error("a MAC address is twelve hexadecimal digits")]
    Mac,
}

fn checked_id(text: String) -> Result<String, InvalidId> {
    let fits = (1..=MAX_ID_LEN).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text);
    }
    Err(InvalidId::Id)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as the device writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                checked_id(text).map(Self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// The `deviceId` of a device: fixed at the factory, normally 40 hexadecimal digits.
    DeviceId
}

id! {
    /// The full id of one outlet of a strip: the device id followed by two characters.
    ChildId
}

impl ChildId {
    /// The full id of the child a reply calls `id`.
    ///
    /// Some replies, most of them over UDP, carry only the last two characters; those get the
    /// device id in front. Anything longer is taken as it is.
    ///
    /// # Errors
    ///
    /// [`InvalidId::Id`] when the result is no id.
    ///
    /// ```
    /// use tplink_hs1xx::{ChildId, DeviceId};
    ///
    /// let device: DeviceId = "8006AA".parse().unwrap();
    /// assert_eq!(ChildId::of(&device, "01").unwrap().as_str(), "8006AA01");
    /// assert_eq!(ChildId::of(&device, "8006AA01").unwrap().as_str(), "8006AA01");
    /// ```
    pub fn of(device: &DeviceId, id: &str) -> Result<Self, InvalidId> {
        if id.len() == 2 {
            return format!("{device}{id}").parse();
        }
        id.parse()
    }
}

/// A MAC address. Reads `50:C7:BF:00:00:01`, `50-c7-bf-00-00-01` and `50C7BF000001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mac(pub [u8; 6]);

impl FromStr for Mac {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if digits.len() != 12 || !hexadecimal {
            return Err(InvalidId::Mac);
        }
        let number = u64::from_str_radix(&digits, 16).map_err(|_| InvalidId::Mac)?;
        let [_, _, octets @ ..] = number.to_be_bytes();
        Ok(Self(octets))
    }
}

impl TryFrom<String> for Mac {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Mac> for String {
    fn from(mac: Mac) -> String {
        mac.to_string()
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, octet) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { ":" };
            write!(f, "{separator}{octet:02X}")?;
        }
        Ok(())
    }
}

/// What tells one device from another, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The device id.
    pub device_id: DeviceId,
    /// The MAC address, where the device told it.
    pub mac: Option<Mac>,
}

impl Identity {
    /// Whether both can be the same device: equal ids, and no two different MAC addresses.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let same_mac = match (self.mac, other.mac) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        };
        self.device_id == other.device_id && same_mac
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mac {
            Some(mac) => write!(f, "{} ({mac})", self.device_id),
            None => self.device_id.fmt(f),
        }
    }
}
