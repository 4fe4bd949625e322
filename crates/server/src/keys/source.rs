//! Where the keys of the vault come from: a file, the environment, or a command.
use super::file;
use crate::{Failure, config::Settings};
use base::Entropy;
use std::{
    io::Read,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use vault::{Ring, Secret};

/// How long a command may take.
const COMMAND_MAX: Duration = Duration::from_secs(15);
/// How much of what a command prints is read, and how much of its errors is shown.
const PRINTED_MAX: u64 = 64 * 1024;
const SHOWN_MAX: usize = 500;

/// Where the keys come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// The environment, as it was at the start.
    Environment(Secret),
    /// What a command prints.
    Command(String),
    /// Nowhere: made at the start and forgotten at the end.
    Fleeting,
}

impl Source {
    /// The one source that is configured. Errors: there is more than one.
    pub(crate) fn of(settings: &Settings) -> Result<Self, Failure> {
        let Settings { vault_key_file, vault_key, vault_key_command, .. } = settings;
        match (vault_key_file, vault_key, vault_key_command) {
            (Some(path), None, None) => Ok(Source::File(path.clone())),
            (None, Some(key), None) => Ok(Source::Environment(key.clone())),
            (None, None, Some(command)) => Ok(Source::Command(command.clone())),
            (None, None, None) if settings.ephemeral == Some(true) => Ok(Source::Fleeting),
            (None, None, None) => Ok(Source::File(settings.data_dir().join("vault.key"))),
            _ => Err(Failure(
                "The vault key can come from one place only: give one of --vault-key-file, --vault-key-command and the environment variable TOLLBRIDGE_VAULT_KEY."
                    .into(),
            )),
        }
    }

    /// The ring as the source has it at this moment.
    ///
    /// # Errors
    /// Where the source can't be read, or what it holds is no ring of keys.
    pub(crate) fn read(&self) -> Result<Ring, Failure> {
        let (text, name) = match self {
            Source::File(path) => (file::read(path)?, format!("The vault key file {}", path.display())),
            Source::Environment(text) => (text.clone(), "TOLLBRIDGE_VAULT_KEY".to_owned()),
            Source::Command(command) => (ask(command)?, format!("What `{command}` prints")),
            Source::Fleeting => return Err(Failure("The vault key of --ephemeral is kept nowhere.".into())),
        };
        Ring::parse(text.reveal()).map_err(|e| Failure(format!("{name} is no vault key: {e}.")))
    }

    /// As [`Source::read`]; a file that is missing is made.
    pub(crate) fn read_or_make(&self, entropy: &dyn Entropy) -> Result<Ring, Failure> {
        match self {
            Source::File(path) if !path.exists() => file::make(path, entropy)?,
            Source::Fleeting => return first(entropy),
            _ => {}
        }
        self.read()
    }
}

/// A ring of one random key.
pub(super) fn first(entropy: &dyn Entropy) -> Result<Ring, Failure> {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    let key = vault::Key::new(vault::FIRST_ID, bytes);
    key.and_then(|key| Ring::new(key, Vec::new())).map_err(|e| Failure(e.to_string()))
}

/// What a command prints. It has no input, and ends in time or is ended.
fn ask(command: &str) -> Result<Secret, Failure> {
    let failed = |why: String| Failure(format!("The vault key command `{command}` {why}."));
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.spawn().map_err(|e| failed(format!("can't be started: {e}")))?;
    let (out, errors) = (reading(child.stdout.take()), reading(child.stderr.take()));
    let deadline = Instant::now() + COMMAND_MAX;
    let status = match ended(&mut child, deadline) {
        Ok(Some(status)) => status,
        Ok(None) => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(failed(format!("did not end within {} seconds", COMMAND_MAX.as_secs())));
        }
        Err(e) => return Err(failed(format!("can't be waited for: {e}"))),
    };
    // A child of the command may hold its output open; that must not hold up the server.
    let left = || deadline.saturating_duration_since(Instant::now());
    if !status.success() {
        let errors = errors.recv_timeout(left().min(Duration::from_secs(1))).unwrap_or_default();
        let told: String = String::from_utf8_lossy(&errors).trim().chars().take(SHOWN_MAX).collect();
        let told = if told.is_empty() { "it printed no error".to_owned() } else { told };
        return Err(failed(format!("failed ({status}): {told}")));
    }
    let printed = out.recv_timeout(left()).map_err(|_| failed("keeps its output open".into()))?;
    String::from_utf8(printed).map(Secret::new).map_err(|_| failed("prints something that is no text".into()))
}

fn ended(child: &mut Child, deadline: Instant) -> std::io::Result<Option<std::process::ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn reading(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (to, from) = mpsc::channel();
    thread::spawn(move || {
        let mut read = Vec::new();
        if let Some(mut pipe) = pipe {
            // What comes beyond is read, too, so that the command does not wait for a reader.
            let _ = pipe.by_ref().take(PRINTED_MAX).read_to_end(&mut read);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        let _ = to.send(read);
    });
    from
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

    #[test]
    fn a_command_prints_the_ring() {
        let ring = Source::Command(format!("printf 'b {KEY}\\n'; echo 'a {KEY}' | cat")).read().unwrap();
        assert_eq!(ring.ids(), ["b", "a"]);
        let ring = Source::Environment(Secret::new(format!("b {KEY},a {KEY}"))).read().unwrap();
        assert_eq!(ring.ids(), ["b", "a"]);
    }

    #[test]
    fn a_failed_command_is_told_with_its_status_and_words() {
        let told = |command: &str| Source::Command(command.into()).read().unwrap_err().0;
        let failed = told("echo no such secret >&2; exit 3");
        assert!(failed.contains("exit status: 3") && failed.contains("no such secret"), "{failed}");
        assert!(told("exit 1").contains("printed no error"));
        let no_key = told("echo sesame");
        assert!(no_key.contains("is no vault key") && no_key.contains("32 random bytes"), "{no_key}");
        assert!(told("true").contains("there is no vault key in it"));
    }

    #[test]
    fn only_one_source() {
        let both = Settings {
            vault_key_file: Some("vault.key".into()),
            vault_key_command: Some("true".into()),
            ..Settings::default()
        };
        assert!(Source::of(&both).unwrap_err().0.contains("one place only"));
        let ephemeral = Settings { ephemeral: Some(true), ..Settings::default() };
        assert!(matches!(Source::of(&ephemeral), Ok(Source::Fleeting)));
    }
}
