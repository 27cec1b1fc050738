-- On SQLite the rows lie in the order of the key from here on.
comment on table events is 'What happened: ids, numbers and keys, no words.';
