-- Corrections are numbered and chained per séance (signaling/src/correction/chain.rs); each bears the server's signature
-- of its own hash. The unique number is what two corrections at once cannot both take.
ALTER TABLE adjustment ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE adjustment ADD COLUMN salt TEXT NOT NULL DEFAULT '';
ALTER TABLE adjustment ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE adjustment ADD COLUMN prev TEXT NOT NULL DEFAULT '';
ALTER TABLE adjustment ADD COLUMN hash TEXT NOT NULL DEFAULT '';
ALTER TABLE adjustment ADD COLUMN public_key TEXT NOT NULL DEFAULT '';
ALTER TABLE adjustment ADD COLUMN signature TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX adjustment_number ON adjustment (seance_id, number);

-- Heartbeats are nearly all of a large journal, and presence needs few of them: this finds the others without reading
-- them.
ALTER TABLE journal ADD COLUMN heartbeat BIGINT NOT NULL DEFAULT 0;
UPDATE journal SET heartbeat = 1 WHERE fact LIKE '{"type":"heartbeats"%';
CREATE INDEX journal_heartbeat ON journal (seance_id, heartbeat, seq);

-- Wrong codes of the émargement. A row is written before a code is looked at and goes when it was right.
CREATE TABLE emargement_try (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX emargement_try_person ON emargement_try (person_id, at_ms);
CREATE INDEX signature_person ON signature (person_id);
