//! Configuration: one struct, filled from a file, the environment and flags, the later ones winning.
mod limits;
mod prices;
mod recovery;
mod smtp;

pub(crate) use limits::RateLimit;

use crate::Failure;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};

/// What can be configured. Every key has a flag (`--listen`), an environment variable (`TOLLBRIDGE_LISTEN`) and a
/// line in the configuration file (`listen = "…"`); a flag wins over the environment, the environment over the
/// file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Settings {
    /// Read further settings from this TOML file
    #[arg(long, env = "TOLLBRIDGE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,

    /// Listen on this address [dev: 127.0.0.1:7070, serve: 0.0.0.0:7070]
    #[arg(long, env = "TOLLBRIDGE_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,

    /// Listen on this port of the default address; 0 picks a free one
    #[arg(long, env = "TOLLBRIDGE_PORT", value_name = "PORT", conflicts_with = "listen")]
    pub(crate) port: Option<u16>,

    /// Answer /metrics (Prometheus), /healthz and /readyz on this address, too; it should not be a public one
    /// [default: /metrics nowhere in serve, on the main address in dev]
    #[arg(long, env = "TOLLBRIDGE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) metrics_listen: Option<SocketAddr>,

    /// Record metrics [default: true in dev, in serve where --metrics-listen says where they are read]
    #[arg(long, env = "TOLLBRIDGE_METRICS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) metrics: Option<bool>,

    /// Speak TLS with this certificate (PEM, with the chain); it is read again when it changes and on SIGHUP
    #[arg(long, env = "TOLLBRIDGE_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert (PEM)
    #[arg(long, env = "TOLLBRIDGE_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Believe X-Forwarded-For and X-Forwarded-Proto from proxies in this range, such as 10.1.0.0/16 (repeatable)
    #[arg(long, env = "TOLLBRIDGE_TRUSTED_PROXIES", value_name = "RANGE", value_delimiter = ',')]
    pub(crate) trusted_proxies: Vec<String>,

    /// After SIGTERM go on answering for this many seconds, with /readyz at 503, so that a load balancer notices
    /// before connections are refused [default: 0]
    #[arg(long, env = "TOLLBRIDGE_STOP_DELAY", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=600))]
    pub(crate) stop_delay: Option<u64>,

    /// The address that people and programs reach the server by, such as https://connect.example.com
    /// [default: the address it listens on]
    #[arg(long, env = "TOLLBRIDGE_ORIGIN", value_name = "URL")]
    pub(crate) origin: Option<String>,

    /// Keep the data in this directory [default: .tollbridge]
    #[arg(long, env = "TOLLBRIDGE_DATA", value_name = "DIRECTORY")]
    pub(crate) data: Option<PathBuf>,

    /// Keep the data in this PostgreSQL database, which any number of nodes may share:
    /// postgres://user:password@host/name, with several hosts and the options that psql takes
    #[arg(long, env = "TOLLBRIDGE_DATABASE", hide_env_values = true, value_name = "URL")]
    pub(crate) database: Option<String>,

    /// Keep the data in memory and forget it at the end (dev only)
    #[arg(long, env = "TOLLBRIDGE_EPHEMERAL", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) ephemeral: Option<bool>,

    /// How strict OAuth is: compat accepts what Stripe accepts, strict follows OAuth 2.1
    /// [dev: compat, serve: strict]
    #[arg(long, env = "TOLLBRIDGE_OAUTH", value_name = "PROFILE")]
    pub(crate) oauth: Option<OauthProfile>,

    /// The file with the 32-byte key that encrypts card numbers and secrets, in base64
    /// [default: vault.key in the data directory; made at the first start; every node needs the same]
    #[arg(long, env = "TOLLBRIDGE_VAULT_KEY_FILE", value_name = "FILE")]
    pub(crate) vault_key_file: Option<PathBuf>,

    /// The vault key, or the ring of several, itself. From the environment (TOLLBRIDGE_VAULT_KEY) alone: flags are
    /// seen by everybody who lists processes
    #[arg(skip)]
    #[serde(skip)]
    pub(crate) vault_key: Option<vault::Secret>,

    /// The command that prints the vault key, run by /bin/sh: `pass show tollbridge`, a client of a key service
    #[arg(long, env = "TOLLBRIDGE_VAULT_KEY_COMMAND", value_name = "COMMAND")]
    pub(crate) vault_key_command: Option<String>,

    /// Move money in live mode through the acquirer at this URL, which speaks the protocol of
    /// docs/acquirer-protocol.md [default: none; live charges are refused]
    #[arg(long, env = "TOLLBRIDGE_ACQUIRER_URL", value_name = "URL")]
    pub(crate) acquirer_url: Option<String>,

    /// The file with the secret, of at least 32 characters, that the acquirer shares with this server
    #[arg(long, env = "TOLLBRIDGE_ACQUIRER_SECRET_FILE", value_name = "FILE")]
    pub(crate) acquirer_secret_file: Option<PathBuf>,

    /// That secret itself. From the environment (TOLLBRIDGE_ACQUIRER_SECRET) alone
    #[arg(skip)]
    #[serde(skip)]
    pub(crate) acquirer_secret: Option<vault::Secret>,

    /// Wait this long for the acquirer, repetitions included, before the outcome of an ask counts as unknown and is
    /// found out later [default: 30]
    #[arg(long, env = "TOLLBRIDGE_ACQUIRER_PATIENCE", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=300))]
    pub(crate) acquirer_patience: Option<u64>,

    /// Also deliver webhooks into this range of private addresses, such as 10.1.0.0/16 (repeatable; serve only,
    /// dev delivers to loopback)
    #[arg(
        long = "allow-webhooks-to",
        env = "TOLLBRIDGE_ALLOW_WEBHOOKS_TO",
        value_name = "RANGE",
        value_delimiter = ','
    )]
    pub(crate) allow_webhooks_to: Vec<String>,

    /// Answer so many reads and as many writes a second for each account and mode, a fifth of that to searches and
    /// files, and 429 to the rest; 0 sets no limit; stripe sets those of the original: 25 in test mode, 100 in live mode
    /// [dev: 0, serve: 100]
    #[arg(long, env = "TOLLBRIDGE_RATE_LIMIT", value_name = "N|stripe")]
    pub(crate) rate_limit: Option<RateLimit>,

    /// Answer so many requests of an account and mode at once on each node, and 429 to the rest; 0 sets no limit
    /// [dev: 0, or 25 with --rate-limit stripe; serve: 100]
    #[arg(long, env = "TOLLBRIDGE_CONCURRENCY_LIMIT", value_name = "N")]
    pub(crate) concurrency_limit: Option<u32>,

    /// Threads that answer requests [default: one for each core]
    #[arg(long, env = "TOLLBRIDGE_WORKERS", value_name = "N")]
    pub(crate) workers: Option<usize>,

    /// What to log: error, warn, info, debug (each request) or trace, or a filter such as clockwork=debug
    /// [default: info]
    #[arg(long, env = "TOLLBRIDGE_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,

    /// Log a line for every request at level info, and not at debug [default: false]
    #[arg(long, env = "TOLLBRIDGE_ACCESS_LOG", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) access_log: Option<bool>,

    /// How to log: text for people, json for machines [dev: text, serve: json]
    #[arg(long, env = "TOLLBRIDGE_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,

    /// Send traces to the collector at this address, by OTLP over HTTP, such as http://127.0.0.1:4318
    /// [default: OTEL_EXPORTER_OTLP_ENDPOINT, else nowhere]
    #[arg(long, env = "TOLLBRIDGE_OTLP_ENDPOINT", value_name = "URL")]
    pub(crate) otlp_endpoint: Option<String>,

    /// The share of requests that are traced, from 0 to 1; a caller that sends a traceparent decides for itself
    /// [default: 0.01]
    #[arg(long, env = "TOLLBRIDGE_OTLP_SAMPLE", value_name = "SHARE")]
    pub(crate) otlp_sample: Option<f64>,

    /// Repeat ids and secrets from this number, and let the clock stand from the start of 2030 until it is moved, for
    /// tests that compare bytes (dev only)
    #[arg(long, env = "TOLLBRIDGE_SEED", value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Deliver webhooks with liberties that a receiver must bear with: shuffled (in another order), duplicated (every
    /// other one twice) or delayed (up to five seconds late) (dev only) [default: as they happened]
    #[arg(long, env = "TOLLBRIDGE_DELIVERIES", value_name = "HOW")]
    pub(crate) deliveries: Option<Deliveries>,

    /// Let a little of everything go wrong: delays, 429, errors before and after the work is done, connections that drop,
    /// declined charges, webhooks out of order and twice; GET /_tollbridge/faults lists the rules (dev only)
    #[arg(long, env = "TOLLBRIDGE_HOSTILE", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) hostile: Option<bool>,

    /// What charges cost; in the file alone, as the four that follow
    #[arg(skip)]
    pub(crate) fees: Vec<prices::Fee>,

    /// What disputes cost
    #[arg(skip)]
    pub(crate) dispute_fees: prices::DisputeFees,

    /// At which rates money is converted
    #[arg(skip)]
    pub(crate) exchange_rates: Option<prices::ExchangeRates>,

    /// What becomes of invoices of subscriptions that are not paid
    #[arg(skip)]
    pub(crate) recovery: recovery::Recovery,

    /// The server of mail that messages are handed to
    #[arg(skip)]
    pub(crate) smtp: smtp::Smtp,
}

/// With which liberties webhooks are delivered.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Deliveries {
    /// In another order.
    Shuffled,
    /// Every other one twice.
    Duplicated,
    /// Up to five seconds late.
    Delayed,
}

/// How strict OAuth is.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OauthProfile {
    /// What Stripe accepts.
    Compat,
    /// What OAuth 2.1 asks for.
    Strict,
}

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Settings {
    /// The settings with the file's beneath them. Errors: the file is unreadable or has an unknown key.
    pub(crate) fn with_file(mut self) -> Result<Self, Failure> {
        self.vault_key = secret("TOLLBRIDGE_VAULT_KEY");
        self.acquirer_secret = acquirer_secret();
        let Some(path) = &self.config else { return Ok(self) };
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure(format!("The configuration file {} can't be read: {e}.", path.display())))?;
        let file: Settings = toml::from_str(&text)
            .map_err(|e| Failure(format!("The configuration file {} is wrong:\n{e}", path.display())))?;
        Ok(self.over(file))
    }

    fn over(self, below: Settings) -> Settings {
        // Named one by one, so that a new setting does not compile until it is said how it is filled.
        let Settings {
            config,
            listen,
            port,
            metrics_listen,
            metrics,
            tls_cert,
            tls_key,
            trusted_proxies,
            stop_delay,
            origin,
            data,
            database,
            ephemeral,
            oauth,
            vault_key_file,
            vault_key,
            vault_key_command,
            acquirer_url,
            acquirer_secret_file,
            acquirer_secret,
            acquirer_patience,
            allow_webhooks_to,
            rate_limit,
            concurrency_limit,
            workers,
            log,
            access_log,
            log_format,
            otlp_endpoint,
            otlp_sample,
            seed,
            deliveries,
            hostile,
            fees,
            dispute_fees,
            exchange_rates,
            recovery,
            smtp,
        } = self;
        let addressed = listen.is_some() || port.is_some();
        Settings {
            config,
            listen: if addressed { listen } else { below.listen },
            port: if addressed { port } else { below.port },
            metrics: metrics.or(below.metrics),
            access_log: access_log.or(below.access_log),
            metrics_listen: metrics_listen.or(below.metrics_listen),
            tls_cert: tls_cert.or(below.tls_cert),
            tls_key: tls_key.or(below.tls_key),
            trusted_proxies: if trusted_proxies.is_empty() { below.trusted_proxies } else { trusted_proxies },
            stop_delay: stop_delay.or(below.stop_delay),
            origin: origin.or(below.origin),
            data: data.or(below.data),
            database: database.or(below.database),
            ephemeral: ephemeral.or(below.ephemeral),
            oauth: oauth.or(below.oauth),
            vault_key_file: vault_key_file.or(below.vault_key_file),
            vault_key: vault_key.or(below.vault_key),
            vault_key_command: vault_key_command.or(below.vault_key_command),
            acquirer_url: acquirer_url.or(below.acquirer_url),
            acquirer_secret_file: acquirer_secret_file.or(below.acquirer_secret_file),
            acquirer_secret: acquirer_secret.or(below.acquirer_secret),
            acquirer_patience: acquirer_patience.or(below.acquirer_patience),
            allow_webhooks_to: if allow_webhooks_to.is_empty() {
                below.allow_webhooks_to
            } else {
                allow_webhooks_to
            },
            rate_limit: rate_limit.or(below.rate_limit),
            concurrency_limit: concurrency_limit.or(below.concurrency_limit),
            workers: workers.or(below.workers),
            log: log.or(below.log),
            log_format: log_format.or(below.log_format),
            otlp_endpoint: otlp_endpoint.or(below.otlp_endpoint),
            otlp_sample: otlp_sample.or(below.otlp_sample),
            seed: seed.or(below.seed),
            deliveries: deliveries.or(below.deliveries),
            hostile: hostile.or(below.hostile),
            fees: if fees.is_empty() { below.fees } else { fees },
            dispute_fees: if dispute_fees.is_empty() { below.dispute_fees } else { dispute_fees },
            exchange_rates: exchange_rates.or(below.exchange_rates),
            recovery: recovery.over(below.recovery),
            smtp: smtp.over(below.smtp),
        }
    }

    /// Where traces go, if anywhere.
    #[expect(
        clippy::disallowed_methods,
        reason = "configuration: collectors are named by this variable everywhere"
    )]
    pub(crate) fn otlp_endpoint(&self) -> Option<String> {
        let usual = || std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok();
        self.otlp_endpoint.clone().or_else(usual).filter(|endpoint| !endpoint.is_empty())
    }

    /// The share of requests that are traced.
    pub(crate) fn otlp_sample(&self) -> f64 {
        self.otlp_sample.unwrap_or(0.01)
    }

    /// The directory of the data.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(".tollbridge"))
    }
}

/// A secret that comes from the environment alone.
fn secret(variable: &str) -> Option<vault::Secret> {
    #[expect(clippy::disallowed_methods, reason = "this is the server's configuration")]
    let held = std::env::var(variable).ok().filter(|held| !held.is_empty());
    held.map(vault::Secret::new)
}

/// The secret that the acquirer shares with this server, where the environment holds it.
pub(crate) fn acquirer_secret() -> Option<vault::Secret> {
    secret("TOLLBRIDGE_ACQUIRER_SECRET")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let file: Settings =
            toml::from_str("listen = \"127.0.0.1:1\"\nworkers = 3\noauth = \"strict\"").unwrap();
        let flags = Settings { port: Some(0), workers: Some(1), ..Settings::default() };
        let both = flags.over(file);
        assert_eq!((both.listen, both.port, both.workers), (None, Some(0), Some(1)));
        assert!(matches!(both.oauth, Some(OauthProfile::Strict)));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<Settings>("lisen = \"127.0.0.1:1\"").is_err());
    }
}
