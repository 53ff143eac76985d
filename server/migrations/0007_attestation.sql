-- Why it was revoked; empty where it holds, or where another one took its place.
ALTER TABLE attestation ADD COLUMN revoked_reason TEXT NOT NULL DEFAULT '';
-- Of one person in one session, one holds at a time.
CREATE UNIQUE INDEX attestation_holding ON attestation (session_formation_id, person_id) WHERE revoked_ms IS NULL;
