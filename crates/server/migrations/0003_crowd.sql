-- What people look like from outside, as shares: what decoys are drawn from. One row, counted anew when it is due.
CREATE TABLE crowd (
    id BIGINT NOT NULL PRIMARY KEY,
    due BIGINT NOT NULL,
    shares TEXT
);
INSERT INTO crowd (id, due) VALUES (1, 0);
