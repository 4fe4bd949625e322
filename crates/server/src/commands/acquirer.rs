//! `tollbridge acquirer test`: proves that a service speaks the protocol of acquirers.
use super::block_on;
use crate::{Failure, acquirer, config, wiring::from_system};
use acquirer_http::conformance::{Run, checks};
use base::Seeded;
use clap::{Args, Subcommand};
use std::{io::Write as _, path::PathBuf, process::ExitCode};

/// What is done with an acquirer.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prove that a service speaks the protocol: signatures, repetition, declines, captures, refunds, voids, crowds.
    /// Everything is asked for in test mode; the exit code is 1 where something fails
    Test(Test),
}

/// Which service is proved.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  TOLLBRIDGE_ACQUIRER_SECRET=… tollbridge acquirer test https://pay.example.com/tollbridge

Every check is printed with what failed. The exit code is 0 where all passed, 1 where some failed, 2 where the service
could not be asked at all. The protocol is described in docs/acquirer-protocol.md.")]
pub(crate) struct Test {
    /// Where the service is, as in --acquirer-url
    #[arg(value_name = "URL")]
    url: String,
    /// The file with the shared secret [or the environment variable TOLLBRIDGE_ACQUIRER_SECRET]
    #[arg(long, env = "TOLLBRIDGE_ACQUIRER_SECRET_FILE", value_name = "FILE")]
    acquirer_secret_file: Option<PathBuf>,
    /// Say nothing but what fails
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub(crate) fn run(command: Command) -> ExitCode {
    let Command::Test(asked) = command;
    match block_on(test(asked)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("tollbridge: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Makes every check; returns how many failed.
async fn test(asked: Test) -> Result<usize, Failure> {
    let Test { url, acquirer_secret_file, quiet } = asked;
    let secret = config::acquirer_secret();
    let channel = acquirer::channel(&url, acquirer_secret_file.as_ref(), secret.as_ref())?;
    if let Err(lost) = channel.post("authorizations", b"").await {
        return Err(Failure(format!("{url} can't be asked: {}.", lost.why.trim_end_matches('.'))));
    }
    let entropy = Seeded::new(from_system()?);
    let run = Run::new(&channel, &entropy);
    let mut failed = 0;
    for check in checks() {
        match run.make(check).await {
            Ok(()) if quiet => {}
            Ok(()) => tell(&format!("ok      {}", check.name)),
            Err(why) => {
                failed += 1;
                tell(&format!("FAILED  {}\n        {why}", check.name));
            }
        }
    }
    let all = checks().len();
    if !quiet {
        let slowest = run.slowest().as_millis();
        eprintln!("{} of {all} checks passed; the slowest answer took {slowest} ms", all - failed);
    }
    Ok(failed)
}

/// Prints a line; whoever closed the pipe has read enough.
fn tell(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
