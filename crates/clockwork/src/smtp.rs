//! A server of mail that messages are handed to (SMTP, RFC 5321).
use crate::Mailer;
use base::Fut;
use lettre::{
    Address, Message as Letter, SmtpTransport, Transport as _,
    message::{Mailbox, MultiPart},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use resources::mail::{self, Attempted, Message};
use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

/// How long the server may take for each of its answers.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest answer of a server that is kept, in characters.
const PROBLEM_MAX: usize = 500;

/// How the connection to a server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// It is not.
    None,
    /// It begins in the clear and must go on in TLS.
    StartTls,
    /// It is TLS from its first byte.
    Tls,
}

/// A server of mail.
pub struct Relay {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub privacy: Privacy,
    /// A certificate (PEM) to trust beside those that browsers do.
    pub trusted: Option<Vec<u8>>,
    /// Who the program is to it, with the password.
    pub sign_in: Option<(String, String)>,
    /// The address that messages come from.
    pub from: String,
    /// By what name the program greets it.
    pub hello: String,
}

/// Hands messages to a server.
pub struct Smtp {
    transport: Arc<SmtpTransport>,
    from: Address,
}

impl Smtp {
    /// Errors: in a sentence, an address or a certificate that is none.
    pub fn new(relay: Relay) -> Result<Self, String> {
        let Relay { host, port, privacy, trusted, sign_in, from, hello } = relay;
        let from = from.parse().map_err(|e| format!("{from} is no address that mail can come from: {e}"))?;
        let parameters = || {
            let mut builder = TlsParameters::builder(host.clone());
            if let Some(pem) = &trusted {
                let certificate = Certificate::from_pem(pem)
                    .map_err(|e| format!("The certificate to trust can't be read: {e}"))?;
                builder = builder.add_root_certificate(certificate);
            }
            builder.build_rustls().map_err(|e| format!("TLS with {host} can't be set up: {e}"))
        };
        let tls = match privacy {
            Privacy::None => Tls::None,
            Privacy::StartTls => Tls::Required(parameters()?),
            Privacy::Tls => Tls::Wrapper(parameters()?),
        };
        let mut builder = SmtpTransport::builder_dangerous(host.as_str())
            .port(port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(hello));
        if let Some((name, password)) = sign_in {
            builder = builder.credentials(Credentials::new(name, password));
        }
        Ok(Smtp { transport: Arc::new(builder.build()), from })
    }

    /// A message as it travels. Errors: why it cannot.
    fn letter(&self, it: &Message) -> Result<Letter, String> {
        // A line break would end the header.
        let line = |text: &str| text.replace(char::is_control, " ");
        let to: Address = it.to.parse().map_err(|e| format!("{}: {e}", line(&it.to)))?;
        let looks = mail::render(it).map_err(|e| format!("it cannot be rendered: {e:#}"))?;
        let seconds = Duration::from_secs(it.created.0.unsigned_abs());
        let mut builder = Letter::builder()
            .from(Mailbox::new(Some(line(&it.from)), self.from.clone()))
            .to(Mailbox::new(None, to))
            .date(UNIX_EPOCH + seconds)
            .message_id(Some(it.message_id.clone()))
            .subject(line(&it.subject));
        if let Some(reply_to) = it.reply_to.as_deref().and_then(|it| it.parse().ok()) {
            builder = builder.reply_to(Mailbox::new(None, reply_to));
        }
        builder
            .multipart(MultiPart::alternative_plain_html(looks.text, looks.html))
            .map_err(|e| e.to_string())
    }
}

impl Mailer for Smtp {
    fn mail(&self, message: Message) -> Fut<'_, Attempted> {
        let letter = self.letter(&message);
        let transport = self.transport.clone();
        Box::pin(async move {
            let letter = match letter {
                Ok(letter) => letter,
                Err(why) => return Attempted::Never(why),
            };
            let sent = tokio::task::spawn_blocking(move || transport.send(&letter)).await;
            let short = |text: String| text.chars().take(PROBLEM_MAX).collect::<String>();
            match sent {
                Ok(Ok(_)) => Attempted::Sent,
                Ok(Err(error)) if error.is_permanent() => Attempted::Never(short(error.to_string())),
                Ok(Err(error)) => Attempted::Later(short(error.to_string())),
                Err(_) => Attempted::Later("The program was stopped meanwhile.".into()),
            }
        })
    }
}
