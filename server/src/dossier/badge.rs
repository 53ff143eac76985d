//! The badge of an attestation, for the person it is about.

use jiff::Timestamp;
use signaling::{hours::Minutes, id::AttestationId};

use super::{By, Dossier, DossierError, bare};
use crate::{
    archive::{ArchiveError, Request},
    export::{
        File,
        badge::{BadgeDocument, Issuer, baked},
    },
    store::Logged,
};

impl Dossier<'_> {
    /// A signed badge, as a token or as a picture that holds it. The same badge every time.
    ///
    /// # Errors
    /// There is nothing to vouch for, or it cannot be kept.
    pub async fn badge(
        &self,
        id: AttestationId,
        picture: bool,
        by: &By,
        now: Timestamp,
    ) -> Result<(Logged, File), DossierError> {
        let (kept, line) = self.attested(id).await?;
        let email = self.store.who(kept.person).await?.and_then(|who| who.email);
        let email = email.ok_or(DossierError::Nothing("a badge is about an address, and none is known"))?;
        let frame = self.store.frame_of(kept.session_formation).await?;
        let place = self.store.badge_place(id, now).await?.ok_or(ArchiveError::Crowd)?;
        let badge = BadgeDocument {
            attestation: id,
            session_formation: kept.session_formation,
            title: line.title.clone(),
            distance_min: line.distance.map(|Minutes(minutes)| minutes),
            presence_min: line.presence.map(|Minutes(minutes)| minutes),
            capacity: line.capacity.word().to_owned(),
            attested_at: kept.at,
            email,
            salt: self.proof.secret_of(&format!("badge {id}")),
            place,
            issuer: Issuer { name: issuer_name(&self.academy(&frame.academy)), base: self.base.to_owned() },
        };
        let kid = badge.issuer.key(&self.proof.thumbprint());
        let token = self.proof.token(&kid, &badge.claims());
        let (bytes, extension) = if picture { (baked(&badge.title, &token), "svg") } else { (token, "jwt") };
        let number: String =
            kept.number.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let file = File { name: format!("badge_{number}.{extension}"), bytes: bytes.into_bytes() };
        let request = Request {
            author: by.author.clone(),
            scope: "attestation",
            scope_id: id.to_string(),
            format: if picture { "badge-svg" } else { "badge" },
            at: now,
        };
        Ok(self.archive.export(&request, |_| Ok(bare(file.clone()))).await?)
    }
}

/// Who vouches, as people read it.
pub(crate) fn issuer_name(academy: &str) -> String {
    if academy.is_empty() { "Préau".to_owned() } else { format!("Académie : {academy}") }
}
