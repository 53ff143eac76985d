-- What an attestation in the mode par_seance gives, day by day (JSON of signaling::hours::training::DayCredit): there the
-- school year goes by the day of the séance. Empty in the other modes.
ALTER TABLE attestation ADD COLUMN days TEXT NOT NULL DEFAULT '';
