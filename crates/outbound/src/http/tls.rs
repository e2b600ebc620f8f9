//! Trust: the certificate authorities of this machine, and those that whoever runs the process adds.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// How connections are made trusted. Reads what the machine trusts when it is first needed.
#[derive(Default)]
pub(super) struct Tls {
    roots: Vec<CertificateDer<'static>>,
    config: OnceLock<Result<ClientConfig, String>>,
}

impl Tls {
    /// With these authorities besides those of the machine.
    pub(super) fn with_roots(roots: Vec<CertificateDer<'static>>) -> Tls {
        Tls { roots, config: OnceLock::new() }
    }

    /// For https, or why there is none.
    pub(super) fn trusting(&self) -> Result<ClientConfig, String> {
        self.config.get_or_init(|| trusting(&self.roots).map_err(|it| it.to_string())).clone()
    }
}

/// For connections that are never made trusted: it trusts nobody.
pub(super) fn trusting_nobody() -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|it| it.to_string())?;
    Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn trusting(roots: &[CertificateDer<'static>]) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots.iter().cloned(), Arc::clone(&provider))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
