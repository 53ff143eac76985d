-- One explicit act of attestation: the lines it attests are the leaves of a tree whose root the server signs.
CREATE TABLE attestation_act (
    id TEXT NOT NULL PRIMARY KEY,
    session_formation_id TEXT NOT NULL,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    size BIGINT NOT NULL,
    -- Hex, see signaling/src/attestation.rs.
    root TEXT NOT NULL,
    public_key TEXT NOT NULL,
    signature TEXT NOT NULL
);

-- Where an attestation stands in its act. `line` is JSON of signaling::attestation::AttestedLine; it is emptied when the
-- identity is erased, the leaf stays, so that the receipts of the others still hold. distance_min and presence_min of
-- attestation are what the act counts for, in the mode of its session.
ALTER TABLE attestation ADD COLUMN act_id TEXT;
ALTER TABLE attestation ADD COLUMN leaf_index BIGINT;
ALTER TABLE attestation ADD COLUMN leaf TEXT;
ALTER TABLE attestation ADD COLUMN salt TEXT;
ALTER TABLE attestation ADD COLUMN line TEXT;
CREATE INDEX attestation_by_act ON attestation (act_id);

-- What a gestionnaire accepted that gives no hours by itself. `kind`: repeated (the same parcours again in one year),
-- double_role (in both lists of GAIA).
CREATE TABLE hours_exception (
    session_formation_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (session_formation_id, person_id, kind)
);
