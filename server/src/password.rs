//! Passwords: argon2id with the parameters OWASP asks for (19 MiB, two passes), never on a thread that serves people,
//! and only a few at once, since each takes its memory.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::clock;

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
#[error("a password cannot be hashed now: {0}")]
pub struct PasswordError(String);

/// The one place that hashes; cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    /// Of a password nobody knows: verified for addresses without an account, so that both take the same time.
    nobody: Arc<str>,
}

impl Passwords {
    /// Ready to hash.
    ///
    /// # Errors
    /// There is no memory for one hash.
    pub fn new() -> Result<Self, PasswordError> {
        let places = available_parallelism().map_or(1, NonZero::get);
        let nobody = hash(&hex::encode(clock::random::<16>()))?;
        Ok(Self { places: Arc::new(Semaphore::new(places)), nobody: nobody.into() })
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// There is no memory for it.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.aside(move || hash(&password)).await?
    }

    /// Whether it is the password; without an account (`None`) it never is, and takes as long.
    ///
    /// # Errors
    /// There is no memory for it.
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<bool, PasswordError> {
        let known = phc.is_some();
        let phc = phc.unwrap_or_else(|| self.nobody.to_string());
        Ok(self.aside(move || verify(&password, &phc)).await?? && known)
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = self.places.acquire().await.map_err(|error| PasswordError(error.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| PasswordError(error.to_string()))
    }
}

/// The PHC string of a password, on this thread.
///
/// # Errors
/// There is no memory for it.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let hashed: Result<PasswordHash, _> =
        Argon2::default().hash_password_with_salt(password.as_bytes(), &clock::random::<16>());
    hashed.map(|phc| phc.to_string()).map_err(|error| PasswordError(error.to_string()))
}

fn verify(password: &str, phc: &str) -> Result<bool, PasswordError> {
    use argon2::password_hash::Error;
    match Argon2::default().verify_password(password.as_bytes(), phc) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(PasswordError(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other_is() {
        let passwords = Passwords::new().unwrap();
        let phc = passwords.hash("un mot de passe".to_owned()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        let verify = async |text: &str, phc: Option<&String>| {
            passwords.verify(text.to_owned(), phc.cloned()).await.unwrap()
        };
        assert!(verify("un mot de passe", Some(&phc)).await);
        assert!(!verify("un mot de passe ", Some(&phc)).await);
        assert!(!verify("", None).await);
        passwords.verify(String::new(), Some("broken".to_owned())).await.unwrap_err();
    }
}
