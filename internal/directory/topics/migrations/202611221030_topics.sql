-- The vocabulary: topics of education, forms of training, directions of the
-- state's policy. Nothing of a person but the ids of who edited it, which name
-- nobody once the account is erased.
create table directory_topics (
    id         text primary key,
    code       text not null unique,         -- readable and for ever: "matematyka"
    kind       text not null,                -- topic, training_form, policy
    parent     text references directory_topics (id),
    state      text not null,                -- current, merged, split, retired
    into_topic text references directory_topics (id), -- of a merged one: what it was merged into
    stands_for text not null,                -- the topic that is read in its stead; its own id when not merged
    name_pl    text not null,
    name_en    text not null,
    name_uk    text not null,
    synonyms   text not null default '',     -- JSON: language -> list
    from_date  text not null default '',     -- YYYY-MM-DD, directions of policy only
    until_date text not null default '',
    basis      text not null default '',     -- legal basis, in words
    created_at bigint not null,
    updated_at bigint not null,
    revision   bigint not null default 1
);
create index directory_topics_parent on directory_topics (parent);
create index directory_topics_stands on directory_topics (stands_for);

-- What a split topic was split into.
create table directory_topic_parts (
    topic text not null references directory_topics (id),
    part  text not null references directory_topics (id),
    primary key (topic, part)
);

-- What uses a topic. The object is an id of the module that owns the kind; it
-- deletes its rows with the object (Use with no topics). A row goes on naming
-- the topic that was chosen, also when that was merged, split or retired since.
create table directory_topic_uses (
    topic  text not null references directory_topics (id),
    kind   text not null,                    -- institution, offer, ...
    object text not null,
    primary key (topic, kind, object)
);
create index directory_topic_uses_object on directory_topic_uses (kind, object);

-- What was done to a topic, kept as long as the vocabulary.
create table directory_topic_history (
    id         text primary key,             -- UUIDv7: in the order of the acts
    topic      text not null references directory_topics (id),
    act        text not null,                -- created, edited, moved, merged, received, ...
    source     text not null default '',     -- '' by hand, seed, import
    other      text not null default '',     -- JSON list of the other topics' ids
    before_act text not null default '',     -- JSON record
    after_act  text not null default '',     -- JSON record
    uses       text not null default '',     -- JSON: kind -> how many uses there were
    person     text not null default '',     -- '' for the program itself
    acting_for text not null default '',
    at         bigint not null
);
create index directory_topic_history_topic on directory_topic_history (topic, id);
