-- The head of a journal as it was signed at that time: a journal cut short or written anew no longer fits its seals.
CREATE TABLE seal (
    seance_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    sealed_at TEXT NOT NULL,
    -- Hex: Ed25519 public key and signature, see server/src/proof.rs.
    public_key TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (seance_id, seq)
);
