-- Portable between SQLite and PostgreSQL: TEXT and BIGINT only. Instants are RFC 3339 text or milliseconds.
CREATE TABLE seance (
    id TEXT NOT NULL PRIMARY KEY,
    -- JSON of signaling::seance::Seance.
    plan TEXT NOT NULL,
    starts_ms BIGINT NOT NULL
);

-- Append-only. hash = SHA-256(prev || canonical row), see signaling/src/journal/chain.rs.
CREATE TABLE journal (
    seance_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    boot TEXT NOT NULL,
    boot_at TEXT NOT NULL,
    mono_ms BIGINT NOT NULL,
    wall TEXT NOT NULL,
    fact TEXT NOT NULL,
    salt TEXT NOT NULL,
    digests TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (seance_id, seq)
);
