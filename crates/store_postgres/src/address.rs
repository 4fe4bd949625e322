//! The URL of a database as `psql` takes it: hosts, TLS, and everything else that the driver knows.
use crate::trouble::chain;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};
use store::Fault;
use tokio_postgres::{
    Config,
    config::{SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A host that does not answer is given up after this, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection on which nothing is heard is given up after about this.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// Where the database is and how it is spoken to.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
}

/// How much of a server's certificate is believed, as `libpq` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Whatever it shows: `prefer` and `require`.
    Anything,
    /// What a known authority has signed, for whatever name: `verify-ca`.
    Signed,
    /// What a known authority has signed for this name: `verify-full`.
    Named,
}

impl Address {
    /// Reads a URL. Errors: it is none, an option is unknown, or the file of certificates cannot be read.
    pub(crate) fn parse(url: &str) -> Result<Self, Fault> {
        let (plain, trust, roots) = without_tls(url)?;
        let wrong = |error| Fault::broken(format!("the URL of the database is wrong: {}", chain(&error)));
        let mut config: Config = plain.parse().map_err(wrong)?;
        match trust {
            None => {}
            Some(_) => drop(config.ssl_mode(SslMode::Require)),
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.keepalives_idle(SILENCE_MAX / 2).keepalives_interval(SILENCE_MAX / 5).keepalives_retries(2);
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE_MAX);
        }
        if config.get_application_name().is_none() {
            config.application_name("tollbridge");
        }
        // A server that only follows another one can take no commit, and may not have heard of the last ones.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let trust = trust.unwrap_or(Trust::Anything);
        Ok(Address { config, tls: MakeRustlsConnect::new(tls(trust, roots.as_ref())?) })
    }
}

/// The URL without the options that the driver does not know, and what they say.
fn without_tls(url: &str) -> Result<(String, Option<Trust>, Option<PathBuf>), Fault> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut trust, mut roots, mut rest) = (None, None, Vec::new());
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match (name, value) {
            ("sslmode", "verify-ca") => trust = Some(Trust::Signed),
            ("sslmode", "verify-full") => trust = Some(Trust::Named),
            ("sslrootcert", file) => {
                let file = percent_encoding::percent_decode_str(file)
                    .decode_utf8()
                    .map_err(|_| Fault::broken("the URL of the database is wrong: sslrootcert is no text"))?;
                roots = (file != "system").then(|| PathBuf::from(&*file));
            }
            ("sslcert" | "sslkey", _) => {
                let told =
                    format!("the URL of the database is wrong: {name} is not supported; use a password");
                return Err(Fault::broken(told));
            }
            _ => rest.push(option),
        }
    }
    // A file of authorities is there to be compared with.
    if trust.is_none() && roots.is_some() && rest.contains(&"sslmode=require") {
        trust = Some(Trust::Signed);
    }
    let plain = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    Ok((plain, trust, roots))
}

fn tls(trust: Trust, roots: Option<&PathBuf>) -> Result<ClientConfig, Fault> {
    let broken = |error: &dyn fmt::Display| Fault::broken(format!("TLS to the database: {error}"));
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(&error))?;
    if trust == Trust::Anything {
        let verifier = Arc::new(Lenient { provider, signed: None });
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let roots = Arc::new(authorities(roots)?);
    if trust == Trust::Named {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let signed = WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
        .build()
        .map_err(|error| broken(&error))?;
    let verifier = Arc::new(Lenient { provider, signed: Some(signed) });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// The authorities of a file, else those that browsers trust.
fn authorities(file: Option<&PathBuf>) -> Result<RootCertStore, Fault> {
    let Some(file) = file else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let unreadable = |error: &dyn fmt::Display| {
        Fault::broken(format!("the certificates in {} cannot be read: {error}", file.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if roots.is_empty() {
        return Err(unreadable(&"there are none"));
    }
    Ok(roots)
}

/// Believes a certificate for whatever name it was made; without authorities, whoever made it. The other side must
/// still hold its key.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    signed: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(signed) = &self.signed else { return Ok(ServerCertVerified::assertion()) };
        match signed.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_postgres::config::Host;

    #[test]
    fn several_hosts_and_their_options_are_understood() {
        let url =
            "postgres://tb:secret@one.example:5433,two.example/shop?sslmode=verify-full&connect_timeout=7";
        let Address { config, .. } = Address::parse(url).unwrap();
        let hosts = [Host::Tcp("one.example".into()), Host::Tcp("two.example".into())];
        assert_eq!((config.get_hosts(), config.get_dbname()), (&hosts[..], Some("shop")));
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(7)));
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn tls_options_mean_what_they_mean_to_psql() {
        let trust = |query: &str| without_tls(&format!("postgres://h/db?{query}")).map(|(_, trust, _)| trust);
        assert_eq!(trust("sslmode=require"), Ok(None));
        assert_eq!(trust("sslmode=require&sslrootcert=%2Fca.pem"), Ok(Some(Trust::Signed)));
        assert_eq!(trust("sslmode=verify-ca"), Ok(Some(Trust::Signed)));
        assert_eq!(trust("sslmode=verify-full&sslrootcert=system"), Ok(Some(Trust::Named)));
        let told = |url: &str| Address::parse(url).err().unwrap().to_string();
        assert!(told("postgres://h/db?sslmode=maybe").contains("sslmode"));
        assert!(told("postgres://h/db?sslkey=k").contains("not supported"));
        assert!(told("postgres://h/db?sslmode=verify-ca&sslrootcert=/absent.pem").contains("/absent.pem"));
        assert!(!told("postgres://u:secret@h:x/db").contains("secret"));
    }
}
