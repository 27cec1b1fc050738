-- Executive arrangements: who does what by when. Who does it is an institution
-- or a function in words. Names by id who wrote it. Purpose: agreements.register;
-- the id is deleted as the law's number agreements.keep says, the matter stays.
create table agreements_arrangements (
    id         text primary key,
    agreement  text not null references agreements_agreements (id),
    area       text not null default '',      -- '' until an officer says which
    revision   bigint not null default 1,
    trace      text not null,
    title      text not null,
    words      text not null default '',
    owner      text not null default '',      -- institution of the directory
    owner_name text not null default '',      -- else in words
    due        text not null,                 -- YYYY-MM-DD
    money      bigint not null default 0,     -- grosze, 0 without money
    state      text not null,                 -- planned, in_progress, done, dropped
    decision   text not null default '',      -- of a meeting
    meeting    text not null default '',
    result     text not null default '',      -- what came of it, or why nothing did
    closed_on  text not null default '',
    by_person  text not null default '',
    created_at bigint not null,
    changed_at bigint not null
);
create index agreements_arrangements_area on agreements_arrangements (agreement, area, created_at, id);
create index agreements_arrangements_due on agreements_arrangements (state, due, id);
create index agreements_arrangements_by on agreements_arrangements (by_person, id);

-- What came of an arrangement, as activities of the ledger. No personal data;
-- kept with the arrangement.
create table agreements_results (
    arrangement text not null references agreements_arrangements (id),
    kind        text not null,
    ref         text not null,
    primary key (arrangement, kind, ref)
);

-- A party asks another for an expert. Holds the name of the expert as the asked
-- party gave it. Purpose: agreements.experts; the name and the ids of who asked
-- and answered are deleted as the law's number agreements.keep says.
create table agreements_requests (
    id          text primary key,
    agreement   text not null references agreements_agreements (id),
    area        text not null,                -- under which it stands, when given
    revision    bigint not null default 1,
    trace       text not null,
    from_party  text not null,
    to_party    text not null,
    topic       text not null,
    occasion    text not null,                -- for which meeting or event
    answer_by   text not null,
    state       text not null,                -- asked, given, refused, withdrawn
    expert      text not null default '',
    expert_from text not null default '',     -- institution, in words
    reason      text not null default '',
    asked_by    text not null default '',
    asked_at    bigint not null,
    answered_by text not null default '',
    answered_at bigint not null default 0
);
create index agreements_requests_agreement on agreements_requests (agreement, asked_at, id);
create index agreements_requests_due on agreements_requests (state, answer_by, id);
create index agreements_requests_asked on agreements_requests (asked_by, id);
create index agreements_requests_answered on agreements_requests (answered_by, id);
