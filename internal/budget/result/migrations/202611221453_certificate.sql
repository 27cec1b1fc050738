-- How far the second implementation followed the first one, as JSON: which steps of
-- a long count it made too. '' when it made the whole count. Not personal: numbers
-- of steps.
alter table budget_counts add column certificate text not null default '';
