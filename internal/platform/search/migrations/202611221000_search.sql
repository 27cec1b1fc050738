-- What can be found: a copy of the words of each document, for showing and for
-- telling why it was found. docid is its place in the order of results (see
-- order.go). Purpose: search. Personal words are here only as copies of what the
-- owning module shows; they go with the next run of the job after the original
-- was changed or deleted. Sealed words are never here.
create table search_docs (
    docid    bigint primary key,
    kind     text not null,
    id       text not null,
    lang     text not null,
    title    text not null,
    body     text not null,
    codes    text not null,
    url      text not null,
    note     text not null,
    date     text not null,
    audience text not null,
    public   boolean not null,
    counted  text not null,
    print    text not null
);
create unique index search_docs_id on search_docs (kind, id);

-- The values by which a document can be chosen; they go with it.
create table search_facets (
    docid bigint not null,
    name  text not null,
    value text not null,
    primary key (docid, name, value)
);

-- Documents that wait to be indexed anew. mark is new with each change, so a
-- job knows whether what it read was still the last word.
create table search_queue (
    kind text not null,
    id   text not null,
    lane integer not null,
    mark text not null,
    primary key (kind, id)
);
create unique index search_queue_mark on search_queue (mark);
create index search_queue_lane on search_queue (kind, lane, mark);

-- With what analysis each kind was indexed last.
create table search_kinds (
    kind    text primary key,
    version text not null
);

-- Words of public documents only, with the number of documents, for "did you
-- mean"; a word goes with the last document that holds it.
create table search_words (
    word  text primary key,
    shown text not null,
    n     bigint not null
);

-- Under which misspellings a word is found (see words.go).
create table search_word_keys (
    key  text not null,
    word text not null,
    primary key (key, word)
);
