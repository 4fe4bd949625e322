//! The server of mail that messages are handed to: the table `[smtp]` of the configuration file.
use super::{Settings, secret};
use crate::Failure;
use api::Mails;
use clockwork::{Privacy, Relay, Smtp as Client};
use serde::Deserialize;
use std::{path::PathBuf, sync::Arc};
use vault::Secret;

/// `[smtp]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Smtp {
    /// Its name.
    host: Option<String>,
    /// Its port.
    port: Option<u16>,
    /// How the connection is kept private.
    tls: Option<TlsMode>,
    /// A certificate (PEM) to trust beside those that browsers do.
    ca_file: Option<PathBuf>,
    /// Who signs in.
    username: Option<String>,
    /// The file with the password.
    password_file: Option<PathBuf>,
    /// The address that messages come from.
    from: Option<String>,
    /// Whether messages of test mode are delivered, too.
    test_mode: Option<bool>,
}

/// How a connection is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TlsMode {
    None,
    Starttls,
    Tls,
}

/// The variable that holds the password where no file does.
const PASSWORD: &str = "TOLLBRIDGE_SMTP_PASSWORD";

impl Smtp {
    /// What this says, and where it says nothing, what is below.
    pub(super) fn over(self, below: Self) -> Self {
        Smtp {
            host: self.host.or(below.host),
            port: self.port.or(below.port),
            tls: self.tls.or(below.tls),
            ca_file: self.ca_file.or(below.ca_file),
            username: self.username.or(below.username),
            password_file: self.password_file.or(below.password_file),
            from: self.from.or(below.from),
            test_mode: self.test_mode.or(below.test_mode),
        }
    }

    /// Which messages leave the outbox.
    fn mails(&self) -> Mails {
        match (&self.host, self.test_mode) {
            (None, _) => Mails::Kept,
            (Some(_), Some(true)) => Mails::All,
            (Some(_), _) => Mails::Live,
        }
    }

    /// The server, where one is named. `origin`: the address of this one. Errors: what is said of it cannot be.
    fn relay(&self, origin: &str, password: Option<Secret>) -> Result<Option<Relay>, Failure> {
        let wrong = |message: String| Err(Failure(message));
        let Some(host) = self.host.clone() else {
            if self.from.is_some() || self.username.is_some() {
                return wrong("[smtp] says nothing of its server: give host = \"…\".".into());
            }
            return Ok(None);
        };
        let Some(from) = self.from.clone() else {
            let message =
                "[smtp] needs the address that messages come from: give from = \"billing@example.com\".";
            return wrong(message.into());
        };
        let privacy = match self.tls.unwrap_or(TlsMode::Starttls) {
            TlsMode::None => Privacy::None,
            TlsMode::Starttls => Privacy::StartTls,
            TlsMode::Tls => Privacy::Tls,
        };
        let read = |path: &PathBuf| {
            std::fs::read(path)
                .map_err(|e| Failure(format!("The file {} in [smtp] can't be read: {e}.", path.display())))
        };
        let password = match (&self.password_file, password) {
            (Some(_), Some(_)) => {
                return wrong(format!(
                    "The password of [smtp] can come from one place only: give password-file or {PASSWORD}."
                ));
            }
            (Some(path), None) => {
                Some(Secret::new(String::from_utf8_lossy(&read(path)?).trim_end().to_owned()))
            }
            (None, password) => password,
        };
        let sign_in = match (self.username.clone(), password) {
            (Some(name), Some(password)) => Some((name, password.reveal().to_owned())),
            (None, None) => None,
            (Some(_), None) => {
                return wrong(format!(
                    "[smtp] has a username and no password: give password-file, or the environment variable {PASSWORD}."
                ));
            }
            (None, Some(_)) => return wrong("[smtp] has a password and no username.".into()),
        };
        let here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if privacy == Privacy::None && sign_in.is_some() && !here {
            return wrong(format!(
                "[smtp] would send its password to {host} in the clear. Set tls = \"starttls\" or \"tls\"."
            ));
        }
        let port = self.port.unwrap_or(match privacy {
            Privacy::None => 25,
            Privacy::StartTls => 587,
            Privacy::Tls => 465,
        });
        let hello = origin.split("://").last().and_then(|it| it.split(['/', ':']).next());
        let hello = hello.filter(|it| !it.is_empty()).unwrap_or("localhost").to_owned();
        let trusted = self.ca_file.as_ref().map(read).transpose()?;
        Ok(Some(Relay { host, port, privacy, trusted, sign_in, from, hello }))
    }
}

impl Settings {
    /// Who takes messages to people, where anybody does, and which. Errors: what is said of it cannot be.
    pub(crate) fn mailer(
        &self,
        dev: bool,
        origin: &str,
    ) -> Result<(Mails, Option<Arc<dyn clockwork::Mailer>>), Failure> {
        let relay = self.smtp.relay(origin, secret(PASSWORD))?;
        match relay {
            None => Ok((Mails::Kept, None)),
            Some(_) if dev => Err(Failure(
                "`tollbridge dev` writes to nobody: its messages are read under /dashboard/emails. Remove [smtp], or use `tollbridge serve`."
                    .into(),
            )),
            Some(relay) => {
                let client = Client::new(relay).map_err(|e| Failure(format!("[smtp] is wrong: {e}.")))?;
                Ok((self.smtp.mails(), Some(Arc::new(client))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(file: &str) -> Smtp {
        toml::from_str::<Settings>(file).unwrap().smtp
    }
    fn relay(file: &str, password: Option<&str>) -> Result<Option<Relay>, Failure> {
        let password = password.map(|it| Secret::new(it.to_owned()));
        smtp(file).relay("https://connect.example.com:8443/x", password)
    }

    const PLAIN: &str = "[smtp]\nhost = \"mail.example.com\"\nfrom = \"billing@example.com\"\n";

    #[test]
    fn it_is_read_from_the_file() {
        assert!(relay("", None).unwrap().is_none());
        let it = relay(PLAIN, None).unwrap().unwrap();
        assert_eq!((it.port, it.privacy, it.hello.as_str()), (587, Privacy::StartTls, "connect.example.com"));
        let signed = format!("{PLAIN}tls = \"tls\"\nusername = \"u\"\n");
        let it = relay(&signed, Some("p")).unwrap().unwrap();
        assert_eq!((it.port, it.sign_in), (465, Some(("u".into(), "p".into()))));
        assert!(relay(&signed, None).is_err(), "no password");
        assert!(relay(PLAIN, Some("p")).is_err(), "nobody to sign in");
        assert!(relay("[smtp]\nhost = \"mail.example.com\"\n", None).is_err(), "from nowhere");
        assert!(relay("[smtp]\nfrom = \"billing@example.com\"\n", None).is_err(), "to nowhere");
        assert!(toml::from_str::<Settings>("[smtp]\nx = 1").is_err());
    }

    #[test]
    fn no_password_crosses_a_network_in_the_clear() {
        let clear = format!("{PLAIN}tls = \"none\"\nusername = \"u\"\n");
        assert!(relay(&clear, Some("p")).is_err());
        assert!(relay(&clear.replace("mail.example.com", "localhost"), Some("p")).is_ok());
    }

    #[test]
    fn messages_of_test_mode_leave_where_that_is_said() {
        assert_eq!(smtp("").mails(), Mails::Kept);
        assert_eq!(smtp(PLAIN).mails(), Mails::Live);
        assert_eq!(smtp(&format!("{PLAIN}test-mode = true")).mails(), Mails::All);
    }
}
