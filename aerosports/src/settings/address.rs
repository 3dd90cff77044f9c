//! Host and port as people write them: numbers or a name.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use anyhow::{Context as _, Result};
use tokio::net::lookup_host;

/// What an address must look like.
pub const FORM: &str = "an address such as 127.0.0.1:8080 or localhost:8080";

/// Host and port. A name is resolved when it is used, not before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

/// A text that is not host and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give host and port, such as 127.0.0.1:8080, localhost:8080 or [::1]:8080")]
pub struct InvalidAddress;

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        if text.parse::<SocketAddr>().is_ok() {
            return Ok(Self(text.to_owned()));
        }
        let (host, port) = text.rsplit_once(':').ok_or(InvalidAddress)?;
        let port = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse::<u16>());
        if is_name(host) && matches!(port, Some(Ok(_))) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAddress)
        }
    }
}

/// A name of letters, digits, dots, hyphens and underscores. Digits and dots alone are a mistyped IPv4 address.
fn is_name(host: &str) -> bool {
    let looks_right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_numeric = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    !is_numeric && host.chars().all(looks_right) && host.parse::<IpAddr>().is_err()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Address {
    /// In numbers, IPv4 first: `localhost` is 127.0.0.1 where a machine knows both.
    ///
    /// # Errors
    /// When the name means nothing here.
    pub async fn resolve(&self) -> Result<SocketAddr> {
        let found: io::Result<Vec<_>> = lookup_host(&self.0).await.map(Iterator::collect);
        let found =
            found.with_context(|| format!("{self}: this name cannot be resolved; check its spelling"))?;
        let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
        first.copied().with_context(|| format!("{self}: this name has no address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_numbers_or_a_name_with_a_port() {
        for text in
            ["127.0.0.1:8080", "[::1]:0", "localhost:8080", "command-api:80", "db_1.venue.example:65535"]
        {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()).as_deref(), Ok(text));
        }
        for text in [
            "",
            "here",
            ":8080",
            "localhost:",
            "localhost:65536",
            "localhost:+1",
            "10.0.0:80",
            "::1:80",
            "http://x:1",
        ] {
            assert_eq!(text.parse::<Address>(), Err(InvalidAddress), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_is_resolved_and_one_that_means_nothing_says_so() {
        let resolved = async |text: &str| text.parse::<Address>().unwrap().resolve().await;
        assert_eq!(resolved("localhost:7").await.unwrap(), SocketAddr::from(([127, 0, 0, 1], 7)));
        let message = resolved("nobody.invalid:7").await.unwrap_err().to_string();
        assert!(message.contains("nobody.invalid:7") && message.contains("spelling"), "{message}");
    }
}
