//! Why a plug did not do what was asked, in words, with what to check.

use std::{fmt, net::SocketAddr, process::ExitCode, time::Duration};

use tplink_hs1xx::{Error, ErrorCode, Phase, SysInfo};

use super::print::{harmless, printable};

const POWER: &str = "power: is the plug in a live socket, and is its light on?";
const WIFI: &str = "wifi: is its light steady, and is this computer in the same network?";
const ADDRESS: &str = "address: routers hand out new ones; `aerosports plugs discover` shows where plugs are";
const FIREWALL: &str = "firewall: TCP and UDP port 9999 must pass between this computer and the plug";
const OTHERS: &str = "other programs: a plug serves few connections; close the ones you do not need";
const RESTART: &str =
    "the plug itself, if nothing else helps: pull it out, wait five seconds, and put it back";

/// What is wrong, and what to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong.
    pub what: String,
    /// What to check, the likeliest first.
    pub checks: Vec<&'static str>,
}

impl std::error::Error for Trouble {}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.checks.iter().try_for_each(|check| write!(f, "\n  check {check}"))
    }
}

impl Trouble {
    /// Says it on standard error; the exit code for it.
    pub fn fail(&self) -> ExitCode {
        eprintln!("aerosports: {self}");
        ExitCode::FAILURE
    }

    /// A problem with nothing to check.
    pub fn plain(what: impl Into<String>) -> Self {
        Self { what: what.into(), checks: Vec::new() }
    }

    /// A name without an address.
    pub fn unknown_name(name: &str) -> Self {
        let what = format!("there is no address for the name {name}");
        Self { what, checks: vec!["the spelling of the name", ADDRESS] }
    }

    /// A name that was not resolved in time.
    pub fn slow_name(name: &str, limit: Duration) -> Self {
        let what = format!("the name {name} was not resolved within {} ms", limit.as_millis());
        Self { what, checks: vec![WIFI, "the name server of this computer, or give the address itself"] }
    }

    /// A plug that did not finish in time.
    pub fn slow(host: impl fmt::Display, limit: Duration) -> Self {
        let what = format!(
            "{host} did not finish within {:.1} s; it may have done what was asked all the same",
            limit.as_secs_f64()
        );
        Self { what, checks: vec![WIFI, OTHERS, RESTART] }
    }

    /// No search could be sent.
    pub fn no_network(error: &dyn std::error::Error) -> Self {
        let reason = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        let what = format!("the search could not be sent: {error}{reason}");
        let target = "the target: name the network with --target, such as --target 192.168.1.255";
        Self { what, checks: vec![WIFI, target] }
    }

    /// A search that found nothing.
    pub fn nothing_found() -> Self {
        let target =
            "the network: a plug in another one is found only with --target and its (broadcast) address";
        Self { what: "no plug answered".to_owned(), checks: vec![POWER, WIFI, FIREWALL, target] }
    }

    /// What the client at `address` says.
    pub fn at(address: SocketAddr, error: &Error) -> Self {
        let (what, checks) = match error {
            Error::ConnectionRefused { .. } => (
                format!("{address} is there, but nothing listens at this port"),
                vec![ADDRESS, "whether it is a plug at all, or one that is just starting", FIREWALL],
            ),
            Error::Timeout { phase: Phase::Connect, limit } => (
                format!("nothing answers at {address} ({} ms)", limit.as_millis()),
                vec![POWER, WIFI, ADDRESS, FIREWALL],
            ),
            Error::Timeout { limit, .. } => (
                format!("{address} takes the connection, then says nothing ({} ms)", limit.as_millis()),
                vec![OTHERS, WIFI, RESTART],
            ),
            Error::Disconnected { .. } => (
                format!("{address} closed the connection instead of answering"),
                vec![OTHERS, ADDRESS, RESTART],
            ),
            Error::Io { phase, source } => {
                (format!("{address}: {phase} failed: {source}"), vec![WIFI, ADDRESS, POWER])
            }
            Error::Frame(_) | Error::Reply(_) => (
                format!("what answers at {address} does not speak as a Kasa plug does: {}", chain(error)),
                vec![ADDRESS, RESTART],
            ),
            Error::UnsupportedFirmware(device) => (unsupported(address, device), Vec::new()),
            Error::Refused(_) => (format!("{address} answered, and refused: {}", chain(error)), Vec::new()),
            Error::IdentityMismatch { .. } => (format!("another device is at {address} now"), vec![ADDRESS]),
            _ => (format!("{address}: {}", chain(error)), Vec::new()),
        };
        Self { what, checks }
    }

    /// A failed reading: of a plug without a meter, or of a meter that does not work.
    pub fn of_meter(address: SocketAddr, info: &SysInfo, error: &Error) -> Self {
        if error.code() == Some(ErrorCode::ModuleNotSupported)
            || !info.has_energy_meter && error.code().is_some()
        {
            let (name, model) = (printable(&info.alias), printable(&info.model));
            return Self::plain(format!("{name} at {address} is a {model}: it has no energy meter"));
        }
        Self::at(address, error)
    }
}

/// The plug is on line and works; only its protocol is not supported.
fn unsupported(address: SocketAddr, device: &tplink_hs1xx::Unsupported) -> String {
    let model = if device.model.is_empty() { "a plug".to_owned() } else { printable(&device.model) };
    format!(
        "{address} is {model} on line with newer firmware that speaks {}, which is not supported: nothing is \
         wrong with its power or wifi. Use a plug whose firmware answers on port 9999, and keep it from updating",
        printable(&device.encryption)
    )
}

/// An error and its causes.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    harmless(&runtime::causes::with_causes(error))
}
