-- The audit trail as a chain. An event has a seal from the moment it is written, and a number and a hash once its turn in the
-- chain has come; docs/audit.md says how. Events that are older than this migration have no seal.

ALTER TABLE audit ADD COLUMN seal TEXT;
ALTER TABLE audit ADD COLUMN seq BIGINT;
ALTER TABLE audit ADD COLUMN hash TEXT;
CREATE UNIQUE INDEX audit_seq ON audit (seq);
CREATE INDEX audit_waiting ON audit (id) WHERE seq IS NULL;

-- One row: the end of the chain.
CREATE TABLE audit_head (
    name TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (name, seq, hash)
VALUES ('chain', 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE audit_checkpoint (
    line TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX audit_checkpoint_at ON audit_checkpoint (at);

-- How far each receiver has got, and which server sends to it.
CREATE TABLE audit_sink (
    name TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL
);
