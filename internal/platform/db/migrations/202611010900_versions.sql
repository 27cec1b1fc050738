-- Counters that key the caches, and facts about the database itself.
create table versions (
    name text primary key,
    n    bigint not null
);
create table properties (
    name  text primary key,
    value text not null
);
