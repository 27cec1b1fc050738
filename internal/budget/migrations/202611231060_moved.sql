-- Changes of the calendar since it was promised, as JSON: when, the calendar before and
-- after, and why in the words of the office, for everybody to read. '' when there was
-- none. Names nobody; kept with the edition.
alter table budget_editions add column moved text not null default '';
