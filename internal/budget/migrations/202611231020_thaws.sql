-- Freezes that were taken back, as JSON: when, the hash that is void since, and why in
-- the words of the office, for everybody to read. '' when there was none. Names nobody;
-- kept with the edition.
alter table budget_editions add column thaws text not null default '';
