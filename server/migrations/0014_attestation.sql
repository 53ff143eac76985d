-- What was proposed when an attestation was made: what is proposed since is still to be attested, what was decided against is
-- not. Of those made before, a decision by hand was about everything.
ALTER TABLE attestation ADD COLUMN distance_proposed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attestation ADD COLUMN presence_proposed BIGINT NOT NULL DEFAULT 0;
UPDATE attestation SET distance_proposed = distance_attested, presence_proposed = presence_attested;
UPDATE attestation SET distance_proposed = 1, presence_proposed = 1 WHERE origin = 'manuel';
