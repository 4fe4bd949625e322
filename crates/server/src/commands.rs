//! Commands that work on the data, each in a file of its own: what an operator moves, copies and proves.
pub(crate) mod acquirer;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod dispute;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod listen;
pub(crate) mod logs;
mod output;
mod progress;
mod remote;
mod session;
pub(crate) mod trigger;

use crate::{Failure, config::Settings};
use clap::Args;
use std::path::PathBuf;

/// The key that a development server has from its first start.
const PLATFORM: &str = "sk_test_TollbridgePlatformSecret";

/// Which data a command works on.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// The data in this directory [default: .tollbridge]
    #[arg(long, env = "TOLLBRIDGE_DATA", value_name = "DIRECTORY")]
    data: Option<PathBuf>,

    /// The data in this PostgreSQL database: postgres://user:password@host/name
    #[arg(long, env = "TOLLBRIDGE_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,

    /// Read where the data is from this configuration file of the server
    #[arg(long, env = "TOLLBRIDGE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl At {
    fn settings(self) -> Result<Settings, Failure> {
        let At { data, database, config } = self;
        let settings = Settings { config, data, database, ..Settings::default() }.with_file()?;
        Ok(Settings { ephemeral: None, ..settings })
    }
}

/// Runs the work of a command.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure(format!("The threads could not be started: {e}.")))?;
    runtime.block_on(work)
}
