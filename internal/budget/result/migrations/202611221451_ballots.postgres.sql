-- Opened ballots in the order of their content, empty until the count. Nobody's:
-- nothing in a row or in its place tells whose it was, and nothing that could may
-- be added. Kept with the edition, as the count must be repeatable.
create table budget_ballots (
    edition text not null,
    pool    text not null,
    n       integer not null,
    body    bytea not null,
    primary key (edition, pool, n)
);
