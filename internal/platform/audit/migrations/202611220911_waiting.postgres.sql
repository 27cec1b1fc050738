-- On SQLite the rows lie in the order of the key from here on.
comment on table audit_waiting is 'Lines of the log that are not linked yet; for a second.';
