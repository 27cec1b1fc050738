-- The map of needs reads the heads of all municipalities for a topic: they
-- stand in the index, so that no row is looked up.
create index needs_ranks_heads on needs_ranks (campaign, topic, level, unit, heads);
drop index needs_ranks_topic;
