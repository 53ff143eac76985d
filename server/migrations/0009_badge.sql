-- Attestations of which a badge was taken. `status_index` is their place in the list that tells which were revoked.
CREATE TABLE badge (
    attestation_id TEXT NOT NULL PRIMARY KEY,
    status_index BIGINT NOT NULL UNIQUE,
    taken_ms BIGINT NOT NULL
);
