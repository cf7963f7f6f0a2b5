-- What earlier passwords are recognised by, where `password.history` asks for it.

CREATE TABLE earlier_password (
    account TEXT NOT NULL,
    flow TEXT NOT NULL,
    at BIGINT NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (account, flow)
);
