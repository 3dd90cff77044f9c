//! Where plugs may be: an address outside of it is neither registered nor connected to.

use core::{
    fmt::{self, Display, Formatter},
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    str::FromStr,
};

use ipnet::IpNet;
use thiserror::Error;

/// What a private network has: RFC 1918 and RFC 4193. Neither loopback nor link-local addresses, at which a cloud's
/// machine finds its own credentials.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
/// What is of this machine or of its link. Only a network that lies within one of them reaches it, so `0.0.0.0/0`
/// does not.
const SPECIAL: [&str; 4] = ["127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10"];
/// Where these plugs listen.
const USUAL_PORT: u16 = 9999;

/// The networks and ports of plugs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlugNetworks {
    networks: Vec<PlugNetwork>,
    ports: Vec<PlugPorts>,
}

impl Default for PlugNetworks {
    /// The private networks' port 9999.
    fn default() -> Self {
        let networks = PRIVATE.iter().filter_map(|network| network.parse().ok()).collect();
        Self { networks, ports: vec![PlugPorts(USUAL_PORT..=USUAL_PORT)] }
    }
}

impl PlugNetworks {
    /// These ports of these networks.
    #[must_use]
    pub fn new(networks: Vec<PlugNetwork>, ports: Vec<PlugPorts>) -> Self {
        Self { networks, ports }
    }

    /// Whether a plug may have `address`. An IPv4 address that is written as IPv6 counts as IPv4.
    #[must_use]
    pub fn contain(&self, address: SocketAddr) -> bool {
        self.ports.iter().any(|ports| ports.0.contains(&address.port()))
            && self.networks.iter().any(|network| network.contains(address.ip()))
    }

    /// The networks, for people: `10.0.0.0/8, 192.168.0.0/16`.
    #[must_use]
    pub fn networks(&self) -> String {
        listed(&self.networks)
    }

    /// The ports, for people: `9999, 10000-10010`.
    #[must_use]
    pub fn ports(&self) -> String {
        listed(&self.ports)
    }
}

fn listed(items: &[impl Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A network: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlugNetwork(IpNet);

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a network must be an address, or an address and a prefix length such as 10.0.0.0/8")]
pub struct InvalidPlugNetwork;

impl FromStr for PlugNetwork {
    type Err = InvalidPlugNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidPlugNetwork> {
        let network: Result<IpNet, _> = text.parse();
        let network = network.or_else(|_| text.parse::<IpAddr>().map(|one| IpNet::from(one.to_canonical())));
        match network {
            // Addresses are compared as IPv4, so nothing would lie in it.
            Ok(IpNet::V6(v6)) if v6.addr().to_ipv4_mapped().is_some() => Err(InvalidPlugNetwork),
            Ok(network) => Ok(Self(network)),
            Err(_) => Err(InvalidPlugNetwork),
        }
    }
}

impl Display for PlugNetwork {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PlugNetwork {
    fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let mut special = SPECIAL.iter().filter_map(|range| range.parse::<IpNet>().ok());
        let allowed =
            special.find(|range| range.contains(&address)).is_none_or(|range| range.contains(&self.0));
        allowed && self.0.contains(&address) && is_host(address)
    }
}

/// Whether one device can have it.
fn is_host(address: IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !broadcast && !address.is_unspecified() && !address.is_multicast()
}

/// A port, or a range of ports such as `10000-10010`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlugPorts(RangeInclusive<u16>);

/// A text that is no port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a port must be a number from 1 to 65535, or a range such as 10000-10010")]
pub struct InvalidPlugPorts;

impl FromStr for PlugPorts {
    type Err = InvalidPlugPorts;

    fn from_str(text: &str) -> Result<Self, InvalidPlugPorts> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let port = |text: &str| text.trim().parse::<u16>().map_err(|_| InvalidPlugPorts);
        let (first, last) = (port(first)?, port(last)?);
        if first == 0 || first > last { Err(InvalidPlugPorts) } else { Ok(Self(first..=last)) }
    }
}

impl Display for PlugPorts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.0.start(), self.0.end());
        if first == last { first.fmt(f) } else { write!(f, "{first}-{last}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contain(networks: &PlugNetworks, address: &str) -> bool {
        networks.contain(address.parse().unwrap())
    }

    fn of(networks: &[&str], ports: &[&str]) -> PlugNetworks {
        let networks = networks.iter().map(|text| text.parse().unwrap()).collect();
        PlugNetworks::new(networks, ports.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn plugs_are_in_private_networks_unless_a_setting_says_otherwise() {
        let usual = PlugNetworks::default();
        for plug in [
            "10.0.3.40:9999",
            "172.31.255.254:9999",
            "192.168.1.7:9999",
            "[fd00::7]:9999",
            "[::ffff:192.168.1.7]:9999",
        ] {
            assert!(contain(&usual, plug), "{plug}");
        }
        for other in [
            "10.0.3.40:22",
            "127.0.0.1:9999",
            "[::1]:9999",
            "[::ffff:127.0.0.1]:9999",
            "169.254.169.254:9999",
            "[fe80::1]:9999",
            "172.32.0.1:9999",
            "8.8.8.8:9999",
            "[2001:db8::1]:9999",
            "0.0.0.0:9999",
        ] {
            assert!(!contain(&usual, other), "{other}");
        }
    }

    #[test]
    fn this_machine_and_its_link_are_reached_only_by_name() {
        let all = of(&["0.0.0.0/0", "::/0"], &["1-65535"]);
        assert!(contain(&all, "8.8.8.8:22") && contain(&all, "[2001:db8::1]:1"));
        for special in [
            "127.0.0.1:22",
            "169.254.169.254:80",
            "[::1]:22",
            "[fe80::1]:80",
            "255.255.255.255:9999",
            "224.0.0.1:9999",
            "0.0.0.0:9999",
            "[::]:9999",
        ] {
            assert!(!contain(&all, special), "{special}");
        }
        let named = of(&["127.0.0.0/8", "169.254.3.4", "::1"], &["9999"]);
        for special in ["127.0.0.11:9999", "169.254.3.4:9999", "[::1]:9999", "[::ffff:127.0.0.1]:9999"] {
            assert!(contain(&named, special), "{special}");
        }
        assert!(!contain(&named, "169.254.169.254:9999"));
    }

    #[test]
    fn networks_and_ports_are_read_and_written() {
        let some = of(&["10.1.0.0/16", "192.168.1.7", "::ffff:10.0.0.9"], &["9999", "10000 - 10010"]);
        assert_eq!(some.networks(), "10.1.0.0/16, 192.168.1.7/32, 10.0.0.9/32");
        assert_eq!(some.ports(), "9999, 10000-10010");
        assert!(contain(&some, "10.1.9.9:10005") && !contain(&some, "10.1.9.9:10011"));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "plug.local", "::ffff:10.0.0.0/104"] {
            assert_eq!(bad.parse::<PlugNetwork>(), Err(InvalidPlugNetwork), "{bad}");
        }
        for bad in ["", "0", "65536", "9-8", "1-", "x"] {
            assert_eq!(bad.parse::<PlugPorts>(), Err(InvalidPlugPorts), "{bad}");
        }
    }
}
