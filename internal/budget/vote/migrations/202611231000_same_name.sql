-- Whether somebody of the same name and date of birth has a place under another
-- address: an HMAC over the two, '' for who is known by an account or a slip alone.
-- Purpose: budget.electors; blanked together with mark.
alter table budget_electors add column same_name text not null default '';
create index budget_electors_same_name on budget_electors (edition, same_name) where same_name <> '';

-- budget_limits holds more marks now, for as long as it held the others: that of an
-- identifier of the national sign-in, which counts once in an edition, and that of a
-- name for which somebody looked by a claim or a sign-in, so that two wait for each other.

-- The same of a row that waits to be put to use; deleted with it.
alter table budget_roll_rows add column same_name text not null default '';
