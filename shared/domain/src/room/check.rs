//! Bounds and forms of what a room's configuration holds.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use super::{Controller, RoomError};
use crate::values::{InvalidValue, visible_lines, visible_text};

/// At most 20 controllers, each at a well-formed `host:port`.
pub(super) fn controllers(controllers: &[Controller]) -> Result<(), RoomError> {
    if controllers.len() > 20 {
        return Err(RoomError::ControllerCount { count: controllers.len() });
    }
    let bad = controllers.iter().find(|controller| !is_address(&controller.address));
    bad.map_or(Ok(()), |controller| Err(RoomError::ControllerAddress { name: controller.name.clone() }))
}

/// At most 50 entries, keys of 1 to 80 characters, values of at most 1 000; `map` names it in messages.
pub(super) fn entries(map: &'static str, entries: &BTreeMap<String, String>) -> Result<(), RoomError> {
    if entries.len() > 50 {
        return Err(RoomError::EntryCount { map, count: entries.len() });
    }
    for (key, value) in entries {
        check_key(key).map_err(|why| RoomError::EntryKey { map, why })?;
        visible_lines(value, 1_000).map_err(|why| RoomError::EntryValue { map, key: key.clone(), why })?;
    }
    Ok(())
}

fn check_key(key: &str) -> Result<(), InvalidValue> {
    if visible_text(key, 80)? == key {
        Ok(())
    } else {
        Err(InvalidValue::Malformed { expected: "without blanks at its ends" })
    }
}

fn is_address(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && is_port(port))
}

/// 1 to 65 535 in digits only: `u16::from_str` alone would take a plus sign.
fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => is_host_name(host),
    }
}

/// A name of labels, or an IPv4 address; a last label of digits is never a name.
///
/// Source: RFC 1123 §2.1.
fn is_host_name(host: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let numeric = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if numeric {
        host.parse::<Ipv4Addr>().is_ok()
    } else {
        host.len() <= 253 && host.split('.').all(is_label)
    }
}
