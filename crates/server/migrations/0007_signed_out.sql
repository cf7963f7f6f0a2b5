-- When an account was last signed out everywhere: codes and proofs of resets under way are worth nothing since.
ALTER TABLE registration ADD COLUMN signed_out BIGINT;
