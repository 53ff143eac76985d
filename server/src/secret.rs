//! Secrets of the server, from files.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use signaling::ticket::Key;

use crate::{clock, config::Config};

/// Why the secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read or make the ticket key {path}: {source}; check `ticket.key_file` and its rights")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the ticket key {0} holds less than 32 bytes; give `ticket.key_file` a longer secret")]
    Short(PathBuf),
}

/// The key that signs links: the configured file, or one made at the first start and kept in the data folder.
///
/// # Errors
/// The file cannot be read or made, or is too short.
pub fn ticket_key(config: &Config) -> Result<Key, SecretError> {
    let configured = &config.ticket.key_file;
    if configured.as_os_str().is_empty() {
        let path = config.store.data.join("ticket.key");
        make(&path).map_err(|source| SecretError::File { path: path.clone(), source })?;
        read(&path)
    } else {
        read(configured)
    }
}

/// Makes the file unless it is there. Only this user may read it.
fn make(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(&clock::random::<32>())?;
            file.sync_all()
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> Result<Key, SecretError> {
    let mut bytes = Vec::new();
    OpenOptions::new()
        .read(true)
        .open(path)
        .and_then(|file| file.take(64 * 1024).read_to_end(&mut bytes))
        .map_err(|source| SecretError::File { path: path.to_owned(), source })?;
    if bytes.len() < 32 {
        return Err(SecretError::Short(path.to_owned()));
    }
    Ok(Key::new(&Sha256::digest(&bytes).into()))
}
