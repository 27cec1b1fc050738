-- The list of closed accounts walks them alone, in their order.
create index access_people_closed on access_people (sort_key, id) where closed_at is not null;
