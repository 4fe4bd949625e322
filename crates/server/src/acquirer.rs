//! Who moves the money in live mode, as the operator configured it.
use crate::{Failure, clock::Wall, config::Settings};
use acquirer::{Acquirer, NoAcquirer};
use acquirer_http::{Channel, Http};
use std::{path::PathBuf, sync::Arc, time::Duration};
use vault::Secret;

/// How long an ask may take, in seconds.
const PATIENCE: u64 = 30;

/// The acquirer of live mode. Errors: its settings are incomplete or wrong.
pub(crate) fn of(settings: &Settings) -> Result<Arc<dyn Acquirer>, Failure> {
    let Settings { acquirer_url, acquirer_secret_file, acquirer_secret, acquirer_patience, .. } = settings;
    let Some(url) = acquirer_url else {
        if acquirer_secret_file.is_some() || acquirer_patience.is_some() {
            let message =
                "There are settings of an acquirer, but nothing says where it is: give --acquirer-url.";
            return Err(Failure(message.into()));
        }
        return Ok(Arc::new(NoAcquirer));
    };
    let channel = channel(url, acquirer_secret_file.as_ref(), acquirer_secret.as_ref())?;
    let patience = Duration::from_secs(acquirer_patience.unwrap_or(PATIENCE));
    Ok(Arc::new(Http::new(channel, patience)))
}

/// The way to a service, with the secret from its one source.
pub(crate) fn channel(
    url: &str,
    file: Option<&PathBuf>,
    secret: Option<&Secret>,
) -> Result<Channel, Failure> {
    let secret = match (file, secret) {
        (Some(path), None) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|e| {
                Failure(format!("The acquirer's secret file {} can't be read: {e}.", path.display()))
            })?;
            Secret::new(text)
        }
        (None, Some(secret)) => secret.clone(),
        (Some(_), Some(_)) => {
            let message = "The acquirer's secret can come from one place only: give --acquirer-secret-file or the environment variable TOLLBRIDGE_ACQUIRER_SECRET.";
            return Err(Failure(message.into()));
        }
        (None, None) => {
            let message = "The acquirer needs the secret that asks are signed with: give --acquirer-secret-file, or the environment variable TOLLBRIDGE_ACQUIRER_SECRET.";
            return Err(Failure(message.into()));
        }
    };
    Channel::new(url, secret.reveal(), Arc::new(Wall)).map_err(Failure)
}
