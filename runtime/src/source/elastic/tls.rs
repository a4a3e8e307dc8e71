//! TLS: whose certificates are trusted, and the certificate of the client.

use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

/// The SHA-256 of a certificate.
pub type Fingerprint = [u8; 32];

/// The certificate of the client, and its key.
#[derive(Clone)]
pub struct ClientCertificate {
    /// The certificate with its chain, as PEM text.
    pub chain: String,
    /// The private key, as PEM text.
    pub key: SecretString,
}

/// Shows nothing: a careless profile may have the key in the text of the certificate.
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("client certificate")
    }
}

/// Reads a fingerprint as servers and `openssl` print it: 64 hexadecimal digits, with or without colons.
pub fn fingerprint(text: &str) -> Option<Fingerprint> {
    let digits: Vec<u8> = text.trim().bytes().filter(|b| *b != b':').collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if digits.len() != 64 || digits.iter().any(|digit| !digit.is_ascii_hexdigit()) {
        return None;
    }
    digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

/// Why there can be no TLS.
pub(super) enum TlsFault {
    Broken(Error),
    /// The certificate of the client cannot be read.
    Chain,
    /// Its key cannot be read.
    Key,
    /// They do not belong together.
    Pair,
}

/// What a connection to a server needs. `own` are the certificates that are trusted beside those of the system; with `any`, all are.
pub(super) fn client_config(
    own: Vec<CertificateDer<'static>>,
    fingerprint: Option<Fingerprint>,
    any: bool,
    client: Option<&ClientCertificate>,
) -> Result<ClientConfig, TlsFault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let usual = if any || fingerprint.is_some() {
        None
    } else {
        Some(Verifier::new_with_extra_roots(own.iter().cloned(), Arc::clone(&provider)).map_err(TlsFault::Broken)?)
    };
    let trust = Trust { any, fingerprint, own, usual, provider: Arc::clone(&provider) };
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(TlsFault::Broken)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(trust));
    let Some(client) = client else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(&client.chain).ok_or(TlsFault::Chain)?;
    let key = PrivateKeyDer::from_pem_slice(client.key.expose_secret().as_bytes()).map_err(|_| TlsFault::Key)?;
    builder.with_client_auth_cert(chain, key).map_err(|_| TlsFault::Pair)
}

/// The certificates of a PEM text; `None` when there is none, or one cannot be read.
pub(super) fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().ok()?;
    (!all.is_empty()).then_some(all)
}

/// Which certificates of servers are trusted.
#[derive(Debug)]
struct Trust {
    /// Any certificate is.
    any: bool,
    /// Only this one is, and what it has signed.
    fingerprint: Option<Fingerprint>,
    /// Those that the configuration names: authorities, or the certificate of the server itself.
    own: Vec<CertificateDer<'static>>,
    /// Checks with the authorities of the system and of the configuration.
    usual: Option<Verifier>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    fn is_pinned(&self, certificate: &CertificateDer<'_>) -> bool {
        self.fingerprint.is_some_and(|pin| digest(&SHA256, certificate).as_ref() == pin)
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // Who names the certificate of the server itself knows more of it than its names and dates say.
        if self.any || self.is_pinned(server) || self.own.iter().any(|own| own.as_ref() == server.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        if let Some(usual) = &self.usual {
            return usual.verify_server_cert(server, chain, name, ocsp, now);
        }
        let Some(authority) = chain.iter().find(|certificate| self.is_pinned(certificate)) else {
            let shown: Vec<String> = digest(&SHA256, server).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
            let all = format!("no certificate of the server has the fingerprint; its own has {}", shown.join(":"));
            return Err(Error::General(all));
        };
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider)).build();
        let verifier = verifier.map_err(|e| Error::General(e.to_string()))?;
        verifier.verify_server_cert(server, chain, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_have_64_digits() {
        let plain = "a".repeat(64);
        let colons = vec!["AA"; 32].join(":");
        assert_eq!((fingerprint(&plain), fingerprint(&colons)), (Some([0xaa; 32]), Some([0xaa; 32])));
        for bad in ["", "aa", &"a".repeat(63), &"g".repeat(64), &"a".repeat(66), &"ü".repeat(32)] {
            assert_eq!(fingerprint(bad), None, "{bad}");
        }
    }
}
