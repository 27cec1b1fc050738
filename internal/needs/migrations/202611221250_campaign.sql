-- The place of an institution in lists of who was asked: its sort key, as the
-- directory had it when the campaign opened.
alter table needs_asked add column sort_key text not null default '';
create index needs_asked_place on needs_asked (campaign, sort_key, institution);
