-- What was looked at: `scope` is seance, session_formation, attestation or empty, `scope_id` which one. One line an hour
-- for each viewer, person and thing: the identifier is a digest of these.
ALTER TABLE view_log ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE view_log ADD COLUMN scope_id TEXT NOT NULL DEFAULT '';
CREATE INDEX view_log_at ON view_log (at_ms);

-- What a journal said of presence, kept when its records are deleted: `log` is JSON of signaling::attendance::Log, seq and
-- hash are where its chain ended, so that an earlier bundle can still be told to be the whole of it.
CREATE TABLE journal_result (
    seance_id TEXT NOT NULL PRIMARY KEY,
    log TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

-- What stays of a séance when its results are deleted: figures, and nobody.
CREATE TABLE seance_figures (
    seance_id TEXT NOT NULL PRIMARY KEY,
    academy TEXT NOT NULL,
    starts_ms BIGINT NOT NULL,
    enrolled BIGINT NOT NULL,
    present BIGINT NOT NULL,
    absent BIGINT NOT NULL,
    excused BIGINT NOT NULL
);

-- Nothing of what is named here is deleted by age. `scope`: seance, person.
CREATE TABLE retention_hold (
    scope TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    PRIMARY KEY (scope, scope_id)
);

-- The report of each purge; `lines` is JSON.
CREATE TABLE retention_run (
    id TEXT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    lines TEXT NOT NULL
);

-- An identity to be erased, at once or when its attestations need no longer be kept. Until `done_ms` the purge takes it up
-- again.
CREATE TABLE erasure (
    person_id TEXT NOT NULL PRIMARY KEY,
    asked_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    done_ms BIGINT
);
