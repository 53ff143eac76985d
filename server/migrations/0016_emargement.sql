-- Signatures that were taken back, with who did so and why: they no longer count, and are never lost.
CREATE TABLE signature_withdrawn (
    half_day_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    method TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    author TEXT NOT NULL,
    attachment_sha256 TEXT NOT NULL,
    withdrawn_ms BIGINT NOT NULL,
    withdrawn_by TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX signature_withdrawn_half_day ON signature_withdrawn (half_day_id, withdrawn_ms);
