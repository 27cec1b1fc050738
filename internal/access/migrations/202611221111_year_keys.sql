-- Keys by which people are counted once within a school year. The rows hold no
-- personal data; with a key gone, nobody can tell who was counted.
create table access_year_keys (
    school_year  integer primary key,
    sealed       text not null,             -- '' when it was destroyed
    destroyed_at bigint not null default 0
);
