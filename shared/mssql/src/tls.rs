//! Encryption towards the server. Certificates are verified unless the URL says otherwise.

use std::path::PathBuf;

use tiberius::{Config, EncryptionLevel};

use super::error::{MssqlError, Refusal};

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Everything; a server that cannot is refused.
    #[default]
    On,
    /// TDS 8.0: TLS before the first byte of the protocol (SQL Server 2022 and newer).
    Strict,
    /// Nothing, the password included, unless the server insists. For a server on the same machine.
    Off,
}

/// Whose certificates are good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those of the system's authorities.
    #[default]
    System,
    /// Those and the ones of the authorities in this PEM file.
    Authorities(PathBuf),
    /// Anyone's: the connection is encrypted, but nobody knows to whom.
    Anyone,
}

/// Tells the driver.
///
/// # Errors
/// `Refused` when the file of authorities cannot be read.
pub(super) async fn apply(
    encryption: Encryption,
    trust: &Trust,
    certificate_host: Option<&str>,
    config: &mut Config,
) -> Result<(), MssqlError> {
    config.encryption(match encryption {
        Encryption::On => EncryptionLevel::Required,
        Encryption::Strict => EncryptionLevel::Strict,
        Encryption::Off => EncryptionLevel::NotSupported,
    });
    match trust {
        Trust::System => {}
        Trust::Anyone => config.trust_cert(),
        Trust::Authorities(file) => {
            let pem = tokio::fs::read(file).await.map_err(|error| {
                let what = format!("trust_cert_ca names the file {}: {error}", file.display());
                MssqlError::Refused(Refusal::Certificate, what)
            })?;
            config.trust_cert_ca_bundle(pem);
        }
    }
    if let Some(name) = certificate_host {
        config.hostname_in_certificate(name);
    }
    Ok(())
}
