-- The destruction of left-over slips is two people's work. While a box waits for the
-- second of them its state is open still, so that nothing takes it for settled:
-- counted is what the first one found, settled_by who that was (and settled_with on
-- whose behalf, if any; neither of them can be the second), settled_at when. With
-- the confirmation the number becomes left_over. doubt is why the second one did not
-- agree with the last count, '' when nobody disagreed.
alter table budget_boxes add column counted integer not null default 0;
alter table budget_boxes add column doubt text not null default '';

-- Declarations on paper that can still be withdrawn: none of whose pool has a batch
-- that was begun after it, for the ballot could lie there. mark is an HMAC of the
-- number that stands on the signed declaration; hidden is the elector, readable by
-- whoever brings that number and by nobody else, under the key of the edition. There
-- is no time in a row, and its order is that of the marks. first and words are of
-- the officer who asks to withdraw it, '' while nobody does. Purpose:
-- budget.electors; deleted when a batch of the pool is begun, when the declaration
-- is withdrawn, when the paper of the pool is finished, and with the electors.
create table budget_paper_taken (
    edition text not null,
    mark    text not null,
    pool    text not null,
    hidden  text not null,
    first   text not null default '',
    words   text not null default '',
    primary key (edition, mark, pool)
);
create index budget_paper_taken_pool on budget_paper_taken (edition, pool);

-- How many declarations of a pool were withdrawn: the right was given back before
-- the ballot lay among others. Published with the other numbers of paper.
alter table budget_paper_pools add column withdrawn integer not null default 0;
