-- How a link to a session of GAIA enrols: with the trainers of the module or with its trainees alone, and under which name
-- of a group its trainees stand in lists; empty for none.
ALTER TABLE seance_ext_link ADD COLUMN with_trainers BIGINT NOT NULL DEFAULT 1;
ALTER TABLE seance_ext_link ADD COLUMN group_name TEXT NOT NULL DEFAULT '';
