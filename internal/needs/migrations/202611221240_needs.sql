-- A campaign of a school year: who asks whom, about what, until when. Holds no
-- personal data but the id of who wrote it. Kept as long as the matters in it.
create table needs_campaigns (
    id          text primary key,
    revision    bigint not null default 1,
    trace       text not null,
    school_year integer not null,
    owner       text not null,                -- institution of the directory that runs it
    center      text not null default '',     -- center that will build the offer
    title       text not null,
    title_key   text not null,
    words       text not null default '',
    state       text not null,                -- see State
    mode        text not null,                -- of people's answers, see survey.Mode
    round       text not null default '',     -- round of package survey
    plan        text not null default '',     -- plan of package disclosure
    people      boolean not null default true,
    opens_at    bigint not null default 0,
    closes_at   bigint not null default 0,
    first_days  integer not null default 7,
    weights     text not null default '1,2,3',
    ranked_at   bigint not null default 0,
    created_by  text not null default '',
    created_at  bigint not null,
    changed_at  bigint not null
);
create index needs_campaigns_year on needs_campaigns (school_year, title_key, id);
create index needs_campaigns_state on needs_campaigns (state, closes_at, id);

-- The topics that a campaign asks about.
create table needs_topics (
    campaign text not null references needs_campaigns (id),
    no       integer not null,
    topic    text not null,
    primary key (campaign, no)
);

-- What a campaign's scope was chosen by, to be read again while it is a draft:
-- 'town' six digits, 'kind' of the directory, 'runner' an institution that runs.
create table needs_scope (
    campaign text not null references needs_campaigns (id),
    what     text not null,
    value    text not null,
    primary key (campaign, what, value)
);

-- The institutions asked, as they stood when the campaign opened.
create table needs_asked (
    campaign    text not null references needs_campaigns (id),
    institution text not null,
    kind        text not null,
    by_seat     text not null,
    by_running  text not null default '',
    runner      text not null default '',
    roster      integer not null default 0,
    primary key (campaign, institution)
);
create index needs_asked_institution on needs_asked (institution, campaign);
create index needs_asked_runner on needs_asked (campaign, runner, institution);

-- What an institution says. Names who sent it, by id.
-- Purpose: needs.declarations; kept as the law's number needs.keep says.
create table needs_declarations (
    id          text primary key,
    campaign    text not null references needs_campaigns (id),
    institution text not null,
    as_what     text not null,                -- see As
    revision    bigint not null default 1,
    sent        boolean not null default false,
    paper       boolean not null default false,
    by_person   text not null default '',
    sent_at     bigint not null default 0,
    changed_at  bigint not null,
    unique (campaign, institution, as_what)
);
create index needs_declarations_by on needs_declarations (by_person, id);

-- The needs in it. Own words are merged into topics by an officer.
create table needs_lines (
    declaration text not null references needs_declarations (id) on delete cascade,
    no          integer not null,
    topic       text not null default '',
    words       text not null default '',
    priority    integer not null,
    heads       integer not null,
    merged      text not null default '',
    primary key (declaration, no)
);

-- Who asked to be told about a topic, by name and of their own will. It is kept
-- apart from the answers: somebody may ask without having named the topic.
-- Purpose: needs.interest; deleted when the person says so, and as needs.keep says.
create table needs_interest (
    campaign    text not null references needs_campaigns (id),
    person      text not null,
    topic       text not null,
    institution text not null default '',
    primary key (campaign, person, topic)
);
create index needs_interest_topic on needs_interest (campaign, topic, person);

-- A topic of a campaign that somebody named, with its own trace.
create table needs_needs (
    id       text primary key,
    campaign text not null references needs_campaigns (id),
    topic    text not null,
    trace    text not null,
    revision bigint not null default 1,
    made_at  bigint not null,
    settled  boolean not null default false,
    unique (campaign, topic)
);
create index needs_needs_open on needs_needs (settled, made_at, id);

-- The answers to needs. Names who decided, by id; kept with the matter.
create table needs_decisions (
    id        text primary key,
    need      text not null references needs_needs (id),
    kind      text not null,                  -- see Answer
    title     text not null default '',
    words     text not null default '',
    center    text not null default '',
    target    text not null default '',
    seats     integer not null default 0,
    state     text not null default 'planned',
    by_person text not null default '',
    at        bigint not null
);
create index needs_decisions_need on needs_decisions (need, at, id);
create index needs_decisions_target on needs_decisions (target);

-- The stored ranking of what institutions declared. Official figures, of
-- institutions; no personal data.
create table needs_ranks (
    campaign text not null references needs_campaigns (id),
    level    text not null,                   -- see Level
    unit     text not null,
    topic    text not null,
    need     text not null,
    place    integer not null,
    score    bigint not null,
    heads    integer not null,
    low      integer not null,
    middle   integer not null,
    high     integer not null,
    who      integer not null,
    primary key (campaign, level, unit, topic)
);
create index needs_ranks_place on needs_ranks (campaign, level, unit, place, topic);
create index needs_ranks_topic on needs_ranks (campaign, topic, level, unit);
