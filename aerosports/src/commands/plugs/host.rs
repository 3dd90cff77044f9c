//! The address of a plug, as people write it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    str::FromStr,
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};
use tplink_hs1xx::PORT;

use super::trouble::Trouble;

/// The longest a name may take to become an address.
const RESOLVE: Duration = Duration::from_secs(1);

/// An address or a name, with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address.
    Address(SocketAddr),
    /// A name to be resolved.
    Name(String, u16),
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return port(address.port()).map(|_| Self::Address(address));
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Ok(Self::Address(SocketAddr::new(ip, PORT)));
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, number)) => (name, port(number.parse().unwrap_or_default())?),
            None => (text, PORT),
        };
        let looks_right = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        // A mistyped IPv4 address is no name: looking it up would only cost time.
        let is_numeric = name.chars().all(|c| c.is_ascii_digit() || c == '.');
        if name.is_empty() || is_numeric || !name.chars().all(looks_right) {
            return Err(
                "give an address such as 192.168.1.20 or a name, with or without :port; IPv6 with a \
                        port as [fe80::1]:9999"
                    .to_owned(),
            );
        }
        Ok(Self::Name(name.to_owned(), port))
    }
}

fn port(number: u16) -> Result<u16, String> {
    if number == 0 { Err("give a port from 1 to 65535; plugs have 9999".to_owned()) } else { Ok(number) }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

impl Host {
    /// The address, IPv4 first: plugs have no IPv6, but a proxy in front of one may.
    ///
    /// # Errors
    /// When the name cannot be resolved, or not in time.
    pub async fn resolve(&self) -> Result<SocketAddr, Trouble> {
        let (name, port) = match self {
            Self::Address(address) => return Ok(*address),
            Self::Name(name, port) => (name.clone(), *port),
        };
        match timeout(RESOLVE, look_up(name.clone(), port)).await {
            Ok(Some(addresses)) if !addresses.is_empty() => {
                let first = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
                first.copied().ok_or_else(|| Trouble::unknown_name(&name))
            }
            Ok(_) => Err(Trouble::unknown_name(&name)),
            Err(_) => Err(Trouble::slow_name(&name, RESOLVE)),
        }
    }
}

/// Resolves a name on a detached thread. The runtime waits for its own blocking tasks at the end, so a name server
/// that does not answer would delay the end of the process.
async fn look_up(name: String, port: u16) -> Option<Vec<SocketAddr>> {
    let (done, found) = oneshot::channel();
    let look = move || {
        let addresses = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
        let _ = done.send(addresses.ok());
    };
    std::thread::Builder::new().name("resolve".to_owned()).spawn(look).ok()?;
    found.await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, String> {
        text.parse::<Host>().map(|host| host.to_string())
    }

    #[test]
    fn what_people_write_is_understood() {
        for (text, meant) in [
            ("192.168.1.20", "192.168.1.20:9999"),
            ("192.168.1.20:19999", "192.168.1.20:19999"),
            ("::1", "[::1]:9999"),
            ("[::1]", "[::1]:9999"),
            ("[fe80::1%2]:9998", "[fe80::1%2]:9998"),
            ("fog.venue.example", "fog.venue.example:9999"),
            ("fog:1234", "fog:1234"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(meant), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_hint() {
        for text in ["", ":9999", "192.168.1", "192.168.1.300", "fog machine", "http://fog", "fog:0", "fog:x"]
        {
            let message = parsed(text).unwrap_err();
            assert!(message.starts_with("give "), "{text}: {message}");
        }
    }

    #[tokio::test]
    async fn a_name_that_means_nothing_says_so() {
        let trouble = Host::Name("nobody.invalid".to_owned(), PORT).resolve().await.unwrap_err();
        assert!(trouble.to_string().contains("nobody.invalid"), "{trouble}");
        assert!(Host::Name("localhost".to_owned(), 7).resolve().await.unwrap().ip().is_loopback());
    }
}
