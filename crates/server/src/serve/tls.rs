//! Certificate and key, read from their files.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::{ServeError, Tls};

/// What greets with that certificate.
pub(super) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, ServeError> {
    let wrong = |path: &PathBuf, why: String| ServeError::Tls { path: path.clone(), why };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&tls.certificates)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(&tls.certificates, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| wrong(&tls.key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| wrong(&tls.certificates, error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
