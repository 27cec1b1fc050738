-- Why each project of a pool won or lost, the steps of its count and what other
-- rules would have made of the same ballots: reckoned once after the count, since
-- it counts again many times, and kept as JSON. outcome_hash is of the outcome that
-- is explained. Not personal: totals of a pool. Kept with the edition.
create table budget_explained (
    edition      text not null,
    pool         text not null,
    outcome_hash text not null,
    body         text not null,
    primary key (edition, pool)
);
