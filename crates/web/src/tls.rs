//! TLS that ends in this server, and the certificates that clients present in it (RFC 8705).
//!
//! A handshake takes any certificate whose key the client has, or none: what it is worth is decided
//! by how a provider is registered, when it asks for a token.

use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig,
    SignatureScheme,
};
use vestibule_oauth::{CertificateName, Chain, ClientCertificate, Thumbprint};
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// How TLS ends here. Cheap to clone; clones renew together.
#[derive(Clone, Debug)]
pub struct Tls {
    files: Arc<TlsFiles>,
    current: Arc<Current>,
}

/// The PEM files that TLS is made from.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's certificate with its chain.
    pub certificate: PathBuf,
    /// The private key of that certificate.
    pub key: PathBuf,
    /// The authorities whose word is taken for certificates of clients.
    pub client_authorities: Option<PathBuf>,
}

/// Why TLS cannot end here.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error("{0} is no PEM file with what is needed: {1}")]
    Pem(PathBuf, PemError),
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    #[error("the authorities of clients cannot be used: {0}")]
    Authorities(#[from] rustls::server::VerifierBuilderError),
}

impl Tls {
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let current = Current(RwLock::new(Material::of(files.read()?, &files)?));
        Ok(Self {
            files: Arc::new(files),
            current: Arc::new(current),
        })
    }

    /// For `HttpServer::bind_rustls_0_23`. Handshakes use what the last [`Tls::renew`] found.
    pub fn config(&self) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(Anybody(provider)))
            .with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>);
        Ok(config)
    }

    /// Reads the files again and, when they have changed, uses them for connections from now on;
    /// answers whether they had. What cannot be used is not: all stays as it was.
    pub fn renew(&self) -> Result<bool, TlsError> {
        let pem = self.files.read()?;
        if self.current.read().pem == pem {
            return Ok(false);
        }
        let renewed = Material::of(pem, &self.files)?;
        *self
            .current
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(true)
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
        let authorities = self.current.read().authorities.clone();
        let checked = authorities.map(|authorities| {
            authorities
                .verify_client_cert(own, issuers, UnixTime::now())
                .map(drop)
        });
        let chain = match checked {
            Some(Ok(())) => Chain::Trusted,
            Some(Err(rustls::Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            ))) => Chain::OutOfTime,
            Some(Err(_)) | None => Chain::Unknown,
        };
        Some(ClientCertificate {
            thumbprint: Thumbprint::of(own),
            chain,
            // Whoever has no readable name is still known by the thumbprint.
            names: names(own).unwrap_or_default(),
        })
    }
}

/// What the files hold.
#[derive(PartialEq, Eq)]
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_authorities: Option<Vec<u8>>,
}

impl TlsFiles {
    fn read(&self) -> Result<Pem, TlsError> {
        let content = |path: &PathBuf| {
            std::fs::read(path).map_err(|cause| TlsError::Unreadable(path.clone(), cause))
        };
        Ok(Pem {
            certificate: content(&self.certificate)?,
            key: content(&self.key)?,
            client_authorities: self.client_authorities.as_ref().map(content).transpose()?,
        })
    }
}

/// What handshakes use, made of what the files held.
struct Material {
    pem: Pem,
    own: Arc<CertifiedKey>,
    /// Who vouches for certificates of clients.
    authorities: Option<Arc<dyn ClientCertVerifier>>,
}

impl Material {
    fn of(pem: Pem, files: &TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&pem.certificate, &files.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&pem.key)
            .map_err(|error| TlsError::Pem(files.key.clone(), error))?;
        let own = CertifiedKey::from_der(chain, key, &provider)?;
        let authorities = pem
            .client_authorities
            .as_ref()
            .zip(files.client_authorities.as_ref())
            .map(|(pem, path)| authority(certificates(pem, path)?, provider))
            .transpose()?;
        Ok(Self {
            pem,
            own: Arc::new(own),
            authorities,
        })
    }
}

struct Current(RwLock<Material>);

impl Current {
    fn read(&self) -> RwLockReadGuard<'_, Material> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

// The key is kept out of logs.
impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.read().own))
    }
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err(PemError::NoItemsFound),
        read => read,
    }
    .map_err(|error| TlsError::Pem(path.to_owned(), error))
}

fn authority(
    certificates: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for root in certificates {
        roots.add(root)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
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

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;
    use rustls::version::{TLS12, TLS13};
    use rustls::{
        ClientConfig, ClientConnection, ProtocolVersion, ServerConnection, SupportedProtocolVersion,
    };

    use super::*;

    /// Writes a new certificate and answers it.
    fn certify(files: &TlsFiles) -> CertificateDer<'static> {
        let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&files.certificate, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    }

    #[test]
    fn r_net_6_a_renewed_certificate_is_used_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = TlsFiles {
            certificate: folder.path().join("server.pem"),
            key: folder.path().join("server.key"),
            client_authorities: None,
        };
        let first = certify(&files);
        let tls = Tls::open(files.clone()).unwrap();
        let shown = || tls.current.read().own.cert.clone();
        assert_eq!(shown(), [first]);
        assert!(!tls.renew().unwrap(), "nothing has changed");

        let second = certify(&files);
        assert!(tls.renew().unwrap());
        assert_eq!(shown().first(), Some(&second));

        // Only the key is there yet: the old pair is used until both have come.
        let other = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&files.key, other.signing_key.serialize_pem()).unwrap();
        assert!(matches!(tls.renew(), Err(TlsError::Unusable(_))));
        std::fs::write(&files.certificate, "nothing").unwrap();
        let told = tls.renew().unwrap_err().to_string();
        assert!(told.contains("server"), "{told}");
        std::fs::remove_file(&files.certificate).unwrap();
        assert!(matches!(tls.renew(), Err(TlsError::Unreadable(..))));
        assert_eq!(shown(), [second]);
        let third = certify(&files);
        assert!(tls.renew().unwrap());
        assert_eq!(shown(), [third]);
    }

    /// A server without certificates of clients, and its own certificate.
    fn server(folder: &Path) -> (Tls, CertificateDer<'static>) {
        let files = TlsFiles {
            certificate: folder.join("server.pem"),
            key: folder.join("server.key"),
            client_authorities: None,
        };
        let own = certify(&files);
        (Tls::open(files).unwrap(), own)
    }

    /// The version that a client who knows this one alone agrees on.
    fn agreed(
        server: ServerConfig,
        own: CertificateDer<'static>,
        version: &'static SupportedProtocolVersion,
    ) -> Option<ProtocolVersion> {
        let mut roots = RootCertStore::empty();
        roots.add(own).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            let mut sent = Vec::new();
            client.write_tls(&mut sent).unwrap();
            server.read_tls(&mut sent.as_slice()).unwrap();
            server.process_new_packets().unwrap();
            let mut answered = Vec::new();
            server.write_tls(&mut answered).unwrap();
            assert!(!sent.is_empty() || !answered.is_empty(), "nobody speaks");
            client.read_tls(&mut answered.as_slice()).unwrap();
            client.process_new_packets().unwrap();
        }
        server.protocol_version()
    }

    /// The first message of a client whose newest version this is (RFC 5246, section 7.4.1.2).
    fn hello(version: [u8; 2]) -> Vec<u8> {
        // signature_algorithms: ecdsa_secp256r1_sha256; supported_groups: secp256r1.
        let extensions = [0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 23];
        let mut body = version.to_vec();
        body.extend([7; 32]);
        // No session, ECDHE-ECDSA with AES-128 in CBC and in GCM, no compression.
        body.extend([0, 0, 4, 0xc0, 0x09, 0xc0, 0x2b, 1, 0]);
        body.extend([0, u8::try_from(extensions.len()).unwrap()]);
        body.extend(extensions);
        let length = u8::try_from(body.len()).unwrap();
        let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
        record.extend(body);
        record
    }

    // proves: 7644-7.2-tls
    #[test]
    fn nothing_below_tls_1_2_is_spoken() {
        let folder = tempfile::tempdir().unwrap();
        let (tls, own) = server(folder.path());
        for (version, expected) in [
            (&TLS12, ProtocolVersion::TLSv1_2),
            (&TLS13, ProtocolVersion::TLSv1_3),
        ] {
            let config = tls.config().unwrap();
            assert_eq!(agreed(config, own.clone(), version), Some(expected));
        }
        // SSL 3.0, TLS 1.0 and 1.1 are refused with the alert protocol_version; the same by 1.2 is not.
        for (version, refused) in [
            ([3, 0], true),
            ([3, 1], true),
            ([3, 2], true),
            ([3, 3], false),
        ] {
            let config = Arc::new(tls.config().unwrap());
            let mut server = ServerConnection::new(config).unwrap();
            server.read_tls(&mut hello(version).as_slice()).unwrap();
            assert_eq!(
                server.process_new_packets().is_err(),
                refused,
                "{version:?}"
            );
            let mut answered = Vec::new();
            server.write_tls(&mut answered).unwrap();
            assert_eq!(answered.ends_with(&[0, 2, 2, 70]), refused, "{answered:?}");
        }
    }
}
