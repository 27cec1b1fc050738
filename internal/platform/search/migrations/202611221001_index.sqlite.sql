-- Tokens made by us; the engine only finds the numbers of documents.
create virtual table search_index using fts5 (terms, content='', contentless_delete=1, detail=none, tokenize='ascii');
-- A search looks into every piece of the index, so two of a size are one too many.
insert into search_index (search_index, rank) values ('usermerge', 2);
