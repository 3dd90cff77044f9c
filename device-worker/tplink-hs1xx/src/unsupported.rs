//! What a device says of itself whose firmware has left the protocol of this crate.

use serde_json::Value;

use crate::fields::Fields;
use crate::identity::Mac;

/// Length of the header before the JSON of an answer, and of the whole query.
pub(crate) const HEADER_LEN: usize = 16;
const MAX_TEXT_CHARS: usize = 64;

/// What a device with other firmware says of itself. All of it is untrusted text, cut to 64
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsupported {
    /// The kind of encryption it wants: `KLAP`, `AES`, or `unknown`.
    pub encryption: String,
    /// Its model; empty when the device gives none.
    pub model: String,
    /// Its MAC address.
    pub mac: Option<Mac>,
}

impl Unsupported {
    /// Reads an answer to [`klap::QUERY`](crate::klap::QUERY). `None` for anything else, and for a device that says it
    /// speaks the protocol of this crate (`XOR`).
    #[must_use]
    pub fn parse(datagram: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(datagram.get(HEADER_LEN..)?).ok()?;
        let result = json.get("result")?.as_object()?;
        let text = |value: Option<&str>| -> Option<String> {
            let printable = value?.chars().filter(|c| !c.is_control());
            Some(printable.take(MAX_TEXT_CHARS).collect())
        };
        let scheme = result.get("mgt_encrypt_schm").and_then(Value::as_object);
        let encryption = text(scheme.and_then(|scheme| Fields(scheme).text("encrypt_type")))
            .unwrap_or_else(|| "unknown".to_owned());
        if encryption.eq_ignore_ascii_case("xor") {
            return None;
        }
        let fields = Fields(result);
        Some(Self {
            encryption,
            model: text(fields.text("device_model")).unwrap_or_default(),
            mac: fields.text("mac").and_then(|mac| mac.parse().ok()),
        })
    }
}
