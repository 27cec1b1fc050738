-- A pool whose rights were too few when the box was closed: its envelopes were
-- counted and stay sealed, there are no ballots and no winners. Not personal.
alter table budget_counts add column unopened boolean not null default false;
