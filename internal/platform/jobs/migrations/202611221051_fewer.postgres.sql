-- Only jobs that have a unique key stand in its index: deliveries of events
-- have none.
drop index jobs_unique;
create unique index jobs_unique on jobs (kind, unique_key) where unique_key is not null;
