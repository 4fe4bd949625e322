//! The key of the vault: in a file of its own, outside the database, readable by its owner only.
use crate::Failure;
use base::Entropy;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
    path::Path,
};

/// The vault whose key is in the file, which is made where it is missing.
pub(crate) fn vault(path: &Path, entropy: &dyn Entropy) -> Result<vault::Vault, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => make(path, entropy)?,
        Err(e) => return Err(Failure(format!("The vault key {} can't be read: {e}.", path.display()))),
    };
    let key = vault::Key::from_base64("k1", text.trim()).map_err(|e| {
        Failure(format!(
            "The vault key {} is unusable: {e}. It must hold 32 bytes in base64.",
            path.display()
        ))
    })?;
    vault::Vault::new(key, Vec::new()).map_err(|e| Failure(e.to_string()))
}

/// A vault whose key is kept nowhere, for data that is kept nowhere.
pub(crate) fn fleeting(entropy: &dyn Entropy) -> Result<vault::Vault, Failure> {
    let key = vault::Key::from_base64("k1", &random(entropy)).map_err(|e| Failure(e.to_string()))?;
    vault::Vault::new(key, Vec::new()).map_err(|e| Failure(e.to_string()))
}

fn random(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    STANDARD.encode(bytes)
}

fn make(path: &Path, entropy: &dyn Entropy) -> Result<String, Failure> {
    let failed =
        |e: std::io::Error| Failure(format!("The vault key {} can't be written: {e}.", path.display()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = random(entropy);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(text)
}
