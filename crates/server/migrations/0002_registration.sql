-- What people register themselves, their sessions, and accounts that can be locked.

ALTER TABLE account ADD COLUMN locked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN must_change BIGINT NOT NULL DEFAULT 0;

CREATE TABLE registration (
    account TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    asked BIGINT,
    confirmed BIGINT,
    rehearsed BIGINT,
    frozen BIGINT
);
-- Nobody: the row of all User IDs that belong to no account, so that these run the same statements.
INSERT INTO registration (account, version) VALUES ('', 0);
-- Everybody who has registered something already.
INSERT INTO registration (account, version) SELECT DISTINCT account, 1 FROM contact;

CREATE TABLE former_contact (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    lookup TEXT NOT NULL,
    verified BIGINT,
    changed BIGINT NOT NULL,
    replaced BIGINT NOT NULL
);
CREATE INDEX former_contact_account ON former_contact (account, kind);
CREATE INDEX former_contact_replaced ON former_contact (replaced);

-- "This wasn't me": what the link in a notice offers. The name is the flow in which it is taken up.
CREATE TABLE freeze_offer (
    flow TEXT NOT NULL PRIMARY KEY,
    offer TEXT NOT NULL,
    made BIGINT NOT NULL,
    used BIGINT
);
CREATE INDEX freeze_offer_made ON freeze_offer (made);

CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    state TEXT NOT NULL,
    started BIGINT NOT NULL,
    seen BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_seen ON session (seen);
