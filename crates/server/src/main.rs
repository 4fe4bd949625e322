//! The program `tollbridge`: commands, configuration, wiring, listening.
mod acquirer;
mod client;
mod clock;
mod commands;
mod config;
mod dev;
mod health;
mod home;
mod keys;
mod listen;
mod log;
mod metrics;
mod notify;
mod operating;
mod process;
mod routes;
mod seed;
mod subscribe;
mod tls;
mod traces;
mod wiring;

use clap::{CommandFactory as _, Parser, Subcommand};
use config::Settings;
use std::{fmt, process::ExitCode};

/// A request allocates a few hundred small pieces and frees them on another thread; the system's allocator takes a
/// quarter of a charge's time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A self-hosted Stripe Connect: the OAuth flow and its pages, connected accounts, payments, a ledger and signed
/// webhooks, speaking Stripe's wire formats. Point an official SDK at it by changing one base URL.
#[derive(Debug, Parser)]
#[command(
    name = "tollbridge",
    version,
    max_term_width = 100,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

const EXAMPLES: &str = "\
Examples:
  tollbridge                          start for development on http://127.0.0.1:7070
  tollbridge dev --port 0 --ephemeral a fresh server on a free port that forgets everything, for a test run
  tollbridge serve --config /etc/tollbridge.toml
  tollbridge completions bash > /etc/bash_completion.d/tollbridge

With the development server running:
  curl http://127.0.0.1:7070/v1/charges -u sk_test_TollbridgePlatformSecret: \\
       -d amount=1000 -d currency=usd -d source=tok_visa";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run for development: known keys, a known platform and seller, loopback webhooks, time that can be moved.
    /// This is what `tollbridge` without a command does
    Dev(Settings),
    /// Run for a company's own Connect: only issued keys, strict OAuth, no webhooks into private networks
    Serve(Settings),
    /// Look at the keys that card numbers and secrets are encrypted under, change them, and destroy old ones
    Keys(keys::Command),
    /// Ask a running server whether it is well; the exit code is 0 if so. For health checks of containers
    Health(health::Asked),
    /// Look at an acquirer that shall move money in live mode
    #[command(subcommand)]
    Acquirer(commands::acquirer::Command),
    /// Write the whole state to one file that any home can take in, while the server runs or does not
    Export(commands::export::Export),
    /// Take an export into an empty data directory or an empty PostgreSQL database
    Import(commands::import::Import),
    /// Copy the embedded database to a file while its server runs
    Backup(commands::backup::Backup),
    /// Prove that the state is whole: ledgers, balances, links, index entries; exit code 1 where it is not
    Check(commands::check::Check),
    /// Play the cardholder's bank on a development server: dispute a charge, ask about it, or decide a dispute
    Dispute(commands::dispute::Dispute),
    /// Print the events of an account as they happen, and forward them to a program on this machine as signed webhooks
    Listen(commands::listen::Listen),
    /// Make an event happen, through the operations that cause it
    Trigger(commands::trigger::Trigger),
    /// Print the requests of an account: the last ones, or with `tail` those that come
    Logs(commands::logs::Logs),
    /// Tell an event again
    #[command(subcommand)]
    Events(commands::events::Command),
    /// Print a script that completes commands and flags in a shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}

/// Why the program ends before its time: a sentence for the person who started it.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => wiring::run(cli.settings, true),
        Some(Command::Dev(settings)) => wiring::run(settings, true),
        Some(Command::Serve(settings)) => wiring::run(settings, false),
        Some(Command::Keys(command)) => keys::run(command),
        Some(Command::Health(asked)) => health::ask(&asked),
        Some(Command::Acquirer(command)) => return commands::acquirer::run(command),
        Some(Command::Export(asked)) => commands::export::run(asked),
        Some(Command::Import(asked)) => commands::import::run(asked),
        Some(Command::Backup(asked)) => commands::backup::run(asked),
        Some(Command::Check(asked)) => return commands::check::run(asked),
        Some(Command::Dispute(asked)) => commands::dispute::run(&asked),
        Some(Command::Listen(asked)) => commands::listen::run(asked),
        Some(Command::Trigger(asked)) => commands::trigger::run(asked),
        Some(Command::Logs(asked)) => commands::logs::run(asked),
        Some(Command::Events(command)) => commands::events::run(command),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "tollbridge", &mut std::io::stdout());
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tollbridge: {failure}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
