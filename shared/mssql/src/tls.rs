//! Tells the driver how to encrypt. Certificates are verified unless the URL says otherwise.

use tiberius::{Config, EncryptionLevel};

use super::{
    encryption::{Encryption, Trust},
    error::{MssqlError, Refusal},
};

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
