-- Whose a counter is, sealed: for the administrators who look at limits and lift them.
ALTER TABLE throttle ADD COLUMN whom TEXT;
