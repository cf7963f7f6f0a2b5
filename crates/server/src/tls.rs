//! TLS as a client: rustls with the `ring` provider, and the roots that browsers trust.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// A configuration that trusts the public roots.
pub fn client() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    // The provider is compiled in and supports both versions; if it did not, nothing encrypted could be reached at all.
    match versions {
        Ok(builder) => builder.with_root_certificates(roots).with_no_client_auth(),
        Err(error) => unreachable!("ring supports TLS 1.2 and 1.3: {error}"),
    }
}
