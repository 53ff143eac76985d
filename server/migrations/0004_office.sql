-- People, parcours, sessions, enrolments and what is decided about them. As everywhere: TEXT and BIGINT only, flags are
-- 0 or 1, instants are milliseconds UTC in columns that end in _ms, calendar days are 'AAAA-MM-JJ'. Nothing that
-- presence or hours hang on is ever deleted: it gets the instant at which it ended.

-- `academy` is a short name of server/academies.toml. `email` is normalised (lower case, trimmed, domain alias applied).
CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT,
    last_name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    academy TEXT NOT NULL,
    -- School: UAI code, name, town. An inspector's own UAI is that of the circonscription.
    uai TEXT NOT NULL,
    school TEXT NOT NULL,
    town TEXT NOT NULL,
    circonscription TEXT NOT NULL,
    -- PU1D, PR1D, PU2D, PR2D or empty.
    degree TEXT NOT NULL,
    -- Share of full time; decides the hours due, unless due_min says them.
    quotite_percent BIGINT NOT NULL,
    due_min BIGINT,
    created_ms BIGINT NOT NULL,
    -- The identity was erased: names and address are empty from then on.
    erased_ms BIGINT
);
CREATE UNIQUE INDEX person_email ON person (email);

-- Ways to be known other than a local password: (issuer, subject) of an identity provider.
CREATE TABLE person_subject (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id TEXT NOT NULL,
    PRIMARY KEY (issuer, subject)
);

-- A local account. `password` is a PHC string (argon2id).
CREATE TABLE account (
    person_id TEXT NOT NULL PRIMARY KEY,
    password TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    disabled_ms BIGINT
);

-- What somebody may do on the platform. `role`: concepteur, gestionnaire, inspecteur, administrateur. `scope`: the
-- academy of a gestionnaire, the circonscription of an inspecteur, empty for an administrateur.
CREATE TABLE platform_role (
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    scope TEXT NOT NULL,
    granted_ms BIGINT NOT NULL,
    granted_by TEXT NOT NULL,
    PRIMARY KEY (person_id, role, scope)
);

-- A browser that is logged in. `digest` is the SHA-256 of what its cookie holds.
CREATE TABLE login (
    digest TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL
);
CREATE INDEX login_person ON login (person_id);

-- A link to set a password, good for once.
CREATE TABLE invitation (
    digest TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    made_by TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    used_ms BIGINT
);

-- A personal link into one séance; the ticket in it names this row.
CREATE TABLE personal_link (
    id TEXT NOT NULL PRIMARY KEY,
    seance_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);
CREATE INDEX personal_link_seance ON personal_link (seance_id, person_id);

CREATE TABLE parcours (
    id TEXT NOT NULL PRIMARY KEY,
    identifiant TEXT NOT NULL,
    title TEXT NOT NULL,
    academy TEXT NOT NULL,
    collection TEXT NOT NULL,
    -- Announced durations, minutes; absent is "non renseigné".
    distance_min BIGINT,
    presence_min BIGINT,
    -- fc (formation continue) or ap (animation pédagogique).
    category TEXT NOT NULL,
    -- 0: free access, outside the 18 h.
    counted BIGINT NOT NULL,
    objectives TEXT NOT NULL,
    competences TEXT NOT NULL,
    made_ms BIGINT NOT NULL
);

-- A dated delivery of a parcours. `hours_mode`: inscription, attestee, par_seance. `rule` is JSON of
-- signaling::hours::Rule. State: prep, open, archived.
CREATE TABLE session_formation (
    id TEXT NOT NULL PRIMARY KEY,
    parcours_id TEXT NOT NULL,
    academy TEXT NOT NULL,
    title TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    state TEXT NOT NULL,
    hours_mode TEXT NOT NULL,
    rule TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    archived_ms BIGINT
);
CREATE INDEX session_formation_parcours ON session_formation (parcours_id);

-- The plan (JSON) holds the truth; these columns are for looking up.
ALTER TABLE seance ADD COLUMN session_formation_id TEXT;
ALTER TABLE seance ADD COLUMN academy TEXT;
ALTER TABLE seance ADD COLUMN cancelled_ms BIGINT;
ALTER TABLE seance ADD COLUMN made_by TEXT;
CREATE INDEX seance_session_formation ON seance (session_formation_id);
CREATE INDEX seance_starts ON seance (starts_ms);

-- Who is expected at one séance. `role`: trainer, co_trainer, tutor, participant, observer. `source`: gaia, moodle, csv,
-- manual, walkin. `answer`: waiting, yes, no. base and session name the GAIA session that brought the person.
CREATE TABLE enrolment (
    seance_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    base TEXT,
    session BIGINT,
    answer TEXT NOT NULL,
    added_ms BIGINT NOT NULL,
    removed_ms BIGINT,
    PRIMARY KEY (seance_id, person_id)
);
CREATE INDEX enrolment_person ON enrolment (person_id);

-- The same for a session of a parcours: expected at all its séances.
CREATE TABLE session_enrolment (
    session_formation_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    base TEXT,
    session BIGINT,
    added_ms BIGINT NOT NULL,
    removed_ms BIGINT,
    PRIMARY KEY (session_formation_id, person_id)
);
CREATE INDEX session_enrolment_person ON session_enrolment (person_id);

-- Live links, n to n.
CREATE TABLE seance_ext_link (
    seance_id TEXT NOT NULL,
    base TEXT NOT NULL,
    dispositif TEXT NOT NULL,
    module BIGINT NOT NULL,
    session BIGINT NOT NULL,
    linked_by TEXT NOT NULL,
    linked_ms BIGINT NOT NULL,
    PRIMARY KEY (seance_id, base, dispositif, module, session)
);
CREATE INDEX seance_ext_link_session ON seance_ext_link (base, session);

-- Corrections, append-only; the last one of a kind wins. `old` and `new` are JSON of signaling::correction.
CREATE TABLE adjustment (
    id TEXT NOT NULL PRIMARY KEY,
    seance_id TEXT NOT NULL,
    -- Empty for the whole séance (a threshold).
    person_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX adjustment_seance ON adjustment (seance_id, at_ms);

-- "C'est faux": asked by the person, answered by those who validate. `answer`: empty, accepted, refused.
CREATE TABLE correction_request (
    id TEXT NOT NULL PRIMARY KEY,
    seance_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    text TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    answer TEXT NOT NULL,
    answer_text TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    answered_ms BIGINT
);
CREATE INDEX correction_request_seance ON correction_request (seance_id);

-- A half-day of a face-to-face séance, and who signed. `method`: qr, code, tick, paper.
CREATE TABLE half_day (
    id TEXT NOT NULL PRIMARY KEY,
    seance_id TEXT NOT NULL,
    starts_ms BIGINT NOT NULL,
    duration_min BIGINT NOT NULL
);
CREATE INDEX half_day_seance ON half_day (seance_id);

CREATE TABLE signature (
    half_day_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    method TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    author TEXT NOT NULL,
    attachment_sha256 TEXT NOT NULL,
    PRIMARY KEY (half_day_id, person_id)
);

-- `number` is printed on the paper; `verify_code` opens the verifier. `origin`: auto (the proposal) or manuel.
CREATE TABLE attestation (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    session_formation_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    distance_min BIGINT,
    presence_min BIGINT,
    distance_attested BIGINT NOT NULL,
    presence_attested BIGINT NOT NULL,
    origin TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    revoked_by TEXT NOT NULL,
    verify_code TEXT NOT NULL UNIQUE
);
CREATE INDEX attestation_session ON attestation (session_formation_id, person_id);
CREATE INDEX attestation_person ON attestation (person_id);

-- Every file that left, by number; its bytes are kept in the data folder under their digest.
CREATE TABLE export_log (
    number BIGINT NOT NULL PRIMARY KEY,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    -- seance or session_formation, and its identifier.
    scope TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    format TEXT NOT NULL,
    -- Counts the exports of this scope and format, from 1.
    version BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    -- JSON: person → digest of the row, to mark what changed since the version before.
    row_digests TEXT NOT NULL
);
CREATE INDEX export_log_scope ON export_log (scope, scope_id, format);

-- Who looked at whose data, shown to the person.
CREATE TABLE view_log (
    id TEXT NOT NULL PRIMARY KEY,
    viewer TEXT NOT NULL,
    person_id TEXT NOT NULL,
    what TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX view_log_person ON view_log (person_id, at_ms);

-- A private calendar address; `digest` is the SHA-256 of its secret part.
CREATE TABLE calendar_feed (
    digest TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);

-- Acts that are neither corrections nor exports: refused attempts after the lock, roles granted, links revoked, purges.
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    author TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
