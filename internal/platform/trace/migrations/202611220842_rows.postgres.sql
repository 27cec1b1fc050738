-- On SQLite the rows lie in the order of the key from here on.
comment on table trace_steps is 'Steps of a matter: ids and message keys, no words.';
