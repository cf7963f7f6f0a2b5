//! TLS as a client: rustls with the `ring` provider, and the roots that browsers trust.

mod named;

use std::path::Path;
use std::sync::Arc;

pub use named::client_for;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// A configuration that trusts the public roots.
pub fn client() -> ClientConfig {
    trusting(public_roots())
}

/// A configuration that trusts the certificates in a file (PEM) besides the public roots.
///
/// # Errors
/// A sentence about the file, for the key that names it.
pub fn client_trusting(ca_file: &Path) -> Result<ClientConfig, String> {
    with(public_roots(), ca_file).map(trusting)
}

/// The authorities in a file (PEM) and no others, or without one the public ones.
///
/// # Errors
/// A sentence about the file, for the key that names it.
pub fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    ca_file.map_or_else(|| Ok(public_roots()), |file| with(RootCertStore::empty(), file))
}

fn with(mut roots: RootCertStore, ca_file: &Path) -> Result<RootCertStore, String> {
    let file = ca_file.display();
    let wrong = |error: String| format!("cannot read certificates from {file} ({error}); it must be a PEM file");
    let found = CertificateDer::pem_file_iter(ca_file).map_err(|error| wrong(error.to_string()))?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() {
        return Err(wrong("there is none in it".into()));
    }
    for certificate in found {
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(roots)
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// A configuration that trusts these.
pub fn trusting(roots: RootCertStore) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    // The provider is compiled in and supports both versions; if it did not, nothing encrypted could be reached at all.
    match versions {
        Ok(builder) => builder.with_root_certificates(roots).with_no_client_auth(),
        Err(error) => unreachable!("ring supports TLS 1.2 and 1.3: {error}"),
    }
}
