-- Schools, as the directory of an academy gave them last; one that a later file no longer holds keeps its place.
CREATE TABLE school (
    uai TEXT NOT NULL PRIMARY KEY,
    academy TEXT NOT NULL,
    name TEXT NOT NULL,
    town TEXT NOT NULL,
    department TEXT NOT NULL,
    -- What inspectors and their teachers are matched by, and how people call it.
    circonscription TEXT NOT NULL,
    circonscription_name TEXT NOT NULL,
    -- PU1D, PR1D, PU2D, PR2D or empty.
    degree TEXT NOT NULL,
    -- Code, name and town without accents and case, for the search.
    folded TEXT NOT NULL,
    imported_ms BIGINT NOT NULL,
    removed_ms BIGINT
);
CREATE INDEX school_academy ON school (academy);
-- A school that changes takes its teachers along.
CREATE INDEX person_uai ON person (uai);
