//! TLS towards the outside, with Mozilla's authorities and the operator's own.

use crate::plugins::error::PluginError;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// Made when first needed: most calls need no TLS.
#[derive(Debug)]
pub(crate) struct Connector {
    extra: Vec<CertificateDer<'static>>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Connector {
    pub(crate) fn new(extra_roots: Option<PathBuf>) -> Result<Self, PluginError> {
        let mut extra = Vec::new();
        if let Some(path) = extra_roots {
            let bad = |error: &dyn std::fmt::Display| {
                PluginError::host(format!(
                    "certificate authorities in {}: {error}",
                    path.display()
                ))
            };
            for certificate in CertificateDer::pem_file_iter(&path).map_err(|error| bad(&error))? {
                extra.push(certificate.map_err(|error| bad(&error))?);
            }
        }
        Ok(Self {
            extra,
            config: OnceLock::new(),
        })
    }

    pub(crate) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(std::io::Error::other)?;
        let config = match self.config.get() {
            Some(config) => Arc::clone(config),
            None => {
                let made = Arc::new(self.make()?);
                Arc::clone(self.config.get_or_init(|| made))
            }
        };
        tokio_rustls::TlsConnector::from(config)
            .connect(name, stream)
            .await
    }

    fn make(&self) -> std::io::Result<ClientConfig> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.into(),
        };
        for certificate in &self.extra {
            roots
                .add(certificate.clone())
                .map_err(std::io::Error::other)?;
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(std::io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
