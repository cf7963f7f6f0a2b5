-- One text for both engines: TEXT and BIGINT only, times in milliseconds since 1970. What is sealed is encrypted by
-- store/vault.rs before it comes here. docs/data-inventory.md says of every column what it holds and for how long.

CREATE TABLE flow (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    due BIGINT NOT NULL,
    ended BIGINT
);
CREATE INDEX flow_due ON flow (ended, due);

CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    flow TEXT NOT NULL,
    channel TEXT NOT NULL,
    payload TEXT NOT NULL,
    created BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    state TEXT NOT NULL,
    gateway TEXT,
    answer TEXT,
    done BIGINT
);
CREATE INDEX outbox_due ON outbox (state, due);

CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    flow TEXT NOT NULL,
    reference TEXT NOT NULL,
    user_id TEXT NOT NULL,
    account TEXT,
    act TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT NOT NULL,
    browser TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_account ON audit (account, at);
CREATE INDEX audit_reference ON audit (reference);

CREATE TABLE contact (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    lookup TEXT NOT NULL,
    verified BIGINT,
    changed BIGINT NOT NULL,
    UNIQUE (account, kind)
);
CREATE INDEX contact_lookup ON contact (lookup);

CREATE TABLE throttle (
    counter TEXT NOT NULL PRIMARY KEY,
    count BIGINT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX throttle_until ON throttle (until);

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    canonical TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    mail TEXT,
    password TEXT,
    disabled BIGINT NOT NULL,
    version BIGINT NOT NULL,
    changed BIGINT NOT NULL
);

CREATE TABLE account_group (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account, name)
);

CREATE TABLE password_history (
    account TEXT NOT NULL,
    n BIGINT NOT NULL,
    password TEXT NOT NULL,
    PRIMARY KEY (account, n)
);
