//! TLS that ends in this server, and the certificates that clients present in it (RFC 8705).
//!
//! A handshake takes any certificate whose key the client has, or none: what it is worth is decided
//! by how a provider is registered, when it asks for a token.

use std::any::Any;
use std::sync::Arc;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
};
use vestibule_oauth::{CertificateName, ClientCertificate, Thumbprint};
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// How TLS ends here.
#[derive(Clone, Debug)]
pub struct Tls {
    config: ServerConfig,
    /// Who vouches for certificates of clients.
    authorities: Option<Arc<dyn ClientCertVerifier>>,
}

/// Why TLS cannot end here.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{0} is no PEM file with what is needed: {1}")]
    Pem(&'static str, rustls::pki_types::pem::Error),
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    #[error("the authorities of clients cannot be used: {0}")]
    Authorities(#[from] rustls::server::VerifierBuilderError),
}

impl Tls {
    /// From PEM files: the server's certificate with its chain, its key, and the authorities whose
    /// word is taken for clients.
    pub fn new(
        certificate: &[u8],
        key: &[u8],
        authorities: Option<&[u8]>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain =
            certificates(certificate).map_err(|error| TlsError::Pem("certificate", error))?;
        let key =
            PrivateKeyDer::from_pem_slice(key).map_err(|error| TlsError::Pem("key", error))?;
        let authorities = authorities
            .map(|pem| authority(pem, &provider))
            .transpose()?;
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(Anybody(provider)))
            .with_single_cert(chain, key)?;
        Ok(Self {
            config,
            authorities,
        })
    }

    /// For `HttpServer::bind_rustls_0_23`.
    pub fn config(&self) -> ServerConfig {
        self.config.clone()
    }

    /// Keeps the certificate of a new connection for its requests. For `HttpServer::on_connect`.
    pub fn notice(&self, connection: &dyn Any, data: &mut Extensions) {
        let presented = connection
            .downcast_ref::<TlsStream<TcpStream>>()
            .and_then(|stream| stream.get_ref().1.peer_certificates())
            .and_then(|chain| self.read(chain));
        if let Some(certificate) = presented {
            data.insert(Arc::new(certificate));
        }
    }

    fn read(&self, chain: &[CertificateDer<'_>]) -> Option<ClientCertificate> {
        let (own, issuers) = chain.split_first()?;
        let trusted = self.authorities.as_ref().is_some_and(|authorities| {
            authorities
                .verify_client_cert(own, issuers, UnixTime::now())
                .is_ok()
        });
        Some(ClientCertificate {
            thumbprint: Thumbprint::of(own),
            trusted,
            // Whoever has no readable name is still known by the thumbprint.
            names: names(own).unwrap_or_default(),
        })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

fn authority(
    pem: &[u8],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for root in certificates(pem).map_err(|error| TlsError::Pem("authorities", error))? {
        roots.add(root)?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    Ok(builder.build()?)
}

/// Takes every certificate whose key the client proves to have.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ClientCertVerifier for Anybody {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Whom a certificate names.
fn names(der: &[u8]) -> Option<Vec<CertificateName>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let mut names = vec![CertificateName::SubjectDn(subject(certificate.subject()))];
    let alternative = certificate.subject_alternative_name().ok()?;
    let alternative = alternative.map(|extension| &extension.value.general_names);
    names.extend(alternative.into_iter().flatten().filter_map(|name| {
        Some(match name {
            GeneralName::DNSName(text) => CertificateName::SanDns((*text).to_owned()),
            GeneralName::URI(text) => CertificateName::SanUri((*text).to_owned()),
            GeneralName::RFC822Name(text) => CertificateName::SanEmail((*text).to_owned()),
            GeneralName::IPAddress(bytes) => CertificateName::SanIp(address(bytes)?),
            _ => return None,
        })
    }));
    Some(names)
}

fn address(bytes: &[u8]) -> Option<std::net::IpAddr> {
    let four: Result<[u8; 4], _> = bytes.try_into();
    let sixteen: Result<[u8; 16], _> = bytes.try_into();
    four.map(Into::into).or(sixteen.map(Into::into)).ok()
}

/// As RFC 4514 writes it, in the certificate's order. What separates parts is escaped, so that no
/// value can pass for two parts.
fn subject(name: &X509Name<'_>) -> String {
    let parts: Vec<String> = name
        .iter_rdn()
        .map(|part| {
            let attributes: Vec<String> = part.iter().map(attribute).collect();
            attributes.join("+")
        })
        .collect();
    parts.join(",")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let kind = attribute.attr_type();
    let kind = oid2abbrev(kind, oid_registry()).map_or_else(|_| kind.to_id_string(), str::to_owned);
    let mut text = format!("{kind}=");
    for character in attribute.as_str().unwrap_or("\u{fffd}").chars() {
        if matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}
