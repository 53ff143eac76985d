-- How much of a recording somebody played, for the column of the presence sheet. `spans` is JSON of signaling::replay::Watched:
-- stretches of its playing time; their sum only, once the recording is deleted. `heard_ms` is when the page last reported.
CREATE TABLE replay_watched (
    recording_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    seance_id TEXT NOT NULL,
    spans TEXT NOT NULL,
    heard_ms BIGINT NOT NULL,
    PRIMARY KEY (recording_id, person_id)
);
CREATE INDEX replay_watched_seance ON replay_watched (seance_id);
