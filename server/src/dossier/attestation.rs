//! The paper of an attestation: what was attested, as it was attested.

use jiff::Timestamp;
use signaling::{attestation::AttestedLine, hours::Minutes, id::AttestationId};

use super::{By, Dossier, DossierError, bare};
use crate::{
    archive::Request,
    export::{
        File,
        document::{Frame, Who},
        pdf::{AttestationDocument, attestation_pdf},
    },
    store::{Attestation, Logged},
};

impl Dossier<'_> {
    /// An attestation that holds and attests something, with its line.
    pub(super) async fn attested(
        &self,
        id: AttestationId,
    ) -> Result<(Attestation, AttestedLine), DossierError> {
        let kept = self.store.attestation(id).await?.filter(|kept| kept.revoked.is_none());
        let kept = kept.filter(|kept| kept.attested.took_part());
        let mut kept =
            kept.ok_or(DossierError::Nothing("the attestation was revoked, or attests nothing"))?;
        let line = kept.line.take().ok_or(DossierError::Nothing("the identity was erased"))?;
        Ok((kept, line))
    }

    /// The paper of one attestation, a duplicate from the second time on. A revoked one is no paper any more.
    ///
    /// # Errors
    /// There is none, or it cannot be made or kept.
    pub async fn attestation(
        &self,
        id: AttestationId,
        by: &By,
        now: Timestamp,
    ) -> Result<(Logged, File), DossierError> {
        let (kept, line) = self.attested(id).await?;
        let mut frame = self.store.frame_of(kept.session_formation).await?;
        let academy = self.academies.find(&frame.academy);
        let legal_notice = academy.map(|academy| academy.legal_notice(self.base)).unwrap_or_default();
        let zone = self.zone_of(&frame);
        frame.academy = self.academy(&frame.academy);
        let who = self.store.who(kept.person).await?.unwrap_or_default();
        frame.gaia = self.store.listing(frame.gaia, who.email.as_deref()).await?;
        let (frame, who) = as_attested(&line, frame, who);
        let request = Request {
            author: by.author.clone(),
            scope: "attestation",
            scope_id: id.to_string(),
            format: "pdf",
            at: now,
        };
        let made = self.archive.export(&request, |turn| {
            let document = AttestationDocument {
                frame: frame.clone(),
                who: who.clone(),
                number: kept.number.clone(),
                distance_attested: kept.attested.distance,
                presence_attested: kept.attested.presence,
                attested_by: line.by.clone(),
                capacity: line.capacity.word().to_owned(),
                attested_at: kept.at,
                zone: zone.clone(),
                verify_code: kept.verify_code.clone(),
                verify_url: format!("{}/attestation/{}", self.base, kept.verify_code),
                duplicate: turn.version > 1,
                legal_notice: legal_notice.clone(),
            };
            Ok(bare(attestation_pdf(&document)?))
        });
        Ok(made.await?)
    }
}

/// What was attested stays what it was, whatever the parcours and the person are called today.
fn as_attested(line: &AttestedLine, frame: Frame, who: Who) -> (Frame, Who) {
    let frame = Frame {
        parcours_title: line.title.clone(),
        parcours_identifiant: line.identifiant.clone(),
        starts_on: Some(line.starts_on),
        ends_on: Some(line.ends_on),
        distance_min: line.distance.map(|Minutes(minutes)| minutes),
        presence_min: line.presence.map(|Minutes(minutes)| minutes),
        ..frame
    };
    let who = Who { last_name: line.last_name.clone(), first_name: line.first_name.clone(), ..who };
    (frame, who)
}
