-- How often something was exported in each form: versions and duplicates go on counting when the log has served its time.
CREATE TABLE export_count (
    scope TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    format TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (scope, scope_id, format)
);
INSERT INTO export_count (scope, scope_id, format, version)
    SELECT scope, scope_id, format, MAX(version) FROM export_log GROUP BY scope, scope_id, format;

-- Whether the bytes are still kept: those of a séance that goes on are, until newer ones are told to the same reader.
ALTER TABLE export_log ADD COLUMN kept BIGINT NOT NULL DEFAULT 1;

-- Recordings that have served their time: whoever comes for one is told so, and certificates list them.
CREATE TABLE recording_deleted (
    recording_id TEXT NOT NULL PRIMARY KEY,
    seance_id TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    deleted_ms BIGINT NOT NULL
);
CREATE INDEX recording_deleted_at ON recording_deleted (deleted_ms);

-- Séances whose recordings are kept as long as the rules allow, by the wish of somebody who leads them.
CREATE TABLE recording_kept (
    seance_id TEXT NOT NULL PRIMARY KEY,
    author TEXT NOT NULL,
    made_ms BIGINT NOT NULL
);
