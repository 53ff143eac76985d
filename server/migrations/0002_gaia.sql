-- What the files of GAIA say, a row for every key that was ever seen: a row that a later import no longer holds keeps
-- its place, with the instant at which it went, so that nothing that hangs on it is lost. Numbers mean nothing without
-- their base. `academy` is the short name of whose files brought the row last.
CREATE TABLE ext_session (
    base TEXT NOT NULL,
    dispositif TEXT NOT NULL,
    module BIGINT NOT NULL,
    session BIGINT NOT NULL,
    academy TEXT NOT NULL,
    dispositif_name TEXT NOT NULL,
    module_name TEXT NOT NULL,
    group_number TEXT NOT NULL,
    starts_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL,
    place_type TEXT NOT NULL,
    place TEXT NOT NULL,
    removed_ms BIGINT,
    PRIMARY KEY (base, dispositif, module, session)
);

-- Trainers are attached to the module.
CREATE TABLE ext_trainer (
    base TEXT NOT NULL,
    module BIGINT NOT NULL,
    email TEXT NOT NULL,
    academy TEXT NOT NULL,
    last_name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    removed_ms BIGINT,
    PRIMARY KEY (base, module, email)
);

-- Trainees are attached to the session.
CREATE TABLE ext_trainee (
    base TEXT NOT NULL,
    session BIGINT NOT NULL,
    email TEXT NOT NULL,
    academy TEXT NOT NULL,
    last_name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    removed_ms BIGINT,
    PRIMARY KEY (base, session, email)
);

-- Which drops were imported: the same one twice changes nothing. `counts` is JSON.
CREATE TABLE gaia_import (
    academy TEXT NOT NULL,
    day TEXT NOT NULL,
    imported_ms BIGINT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (academy, day)
);
