-- One asking of one definition. Not personal: ids of the matter, days, numbers.
-- envelopes and readable are counted at the opening; run is the opening that is
-- at work now (its progress) and run_at when it last moved. Rounds stay.
create table survey_rounds (
    id         text primary key,
    owner      text not null,
    object     text not null,
    definition text not null,
    mode       text not null check (mode in ('anonymous', 'confidential', 'named')),
    state      text not null check (state in ('planned', 'open', 'closed', 'opened', 'dropped')),
    opens_at   bigint not null,
    closes_at  bigint not null,
    public_key text not null default '',
    size       integer not null default 0,
    envelopes  integer not null default 0,
    readable   integer not null default 0,
    run        text not null default '',
    run_at     bigint not null default 0,
    revision   bigint not null default 1
);
create index survey_rounds_object on survey_rounds (owner, object, id);
create index survey_rounds_due on survey_rounds (closes_at) where state = 'open';

-- The answers of confidential and named rounds, to be counted; people may change
-- them until the close. person is '' for those who came by the link of a staff
-- room or on paper. The answers are sealed with the keys of the installation.
-- Deleted two years after the close of the round, or with the person.
create table survey_answers (
    round      text not null references survey_rounds (id),
    id         text not null,
    person     text not null,
    unit       text not null,
    sealed     text not null,
    changed_at bigint not null,
    primary key (round, id)
);
create unique index survey_answers_person on survey_answers (round, person) where person <> '';
create index survey_answers_of on survey_answers (person) where person <> '';

-- Answers somebody has begun and will go on with; never of anonymous rounds.
-- Sealed with the keys of the installation. Deleted when the answers are sent,
-- at the close of the round, or with the person.
create table survey_drafts (
    person     text not null,
    round      text not null references survey_rounds (id),
    sealed     text not null,
    changed_at bigint not null,
    primary key (person, round)
);

-- The link of a staff room: how many may answer by it and how many did. Not
-- personal. no is raised to make a new link; the key in it is computed and
-- stands nowhere. Kept with the round.
create table survey_links (
    round text not null references survey_rounds (id),
    unit  text not null,
    no    integer not null default 1,
    seats integer not null default 0,
    used  integer not null default 0,
    primary key (round, unit)
);

-- How many people of a unit handed in a form on paper, and how many of the forms
-- were typed in. Not personal. Kept with the round.
create table survey_paper (
    round  text not null references survey_rounds (id),
    unit   text not null,
    marked integer not null default 0,
    typed  integer not null default 0,
    primary key (round, unit)
);

-- Who keeps which share of the key of an anonymous round; person '' is the share
-- put into deposit. Of a share itself nothing is kept. The ids of officers name
-- people who act in office; deleted two years after the close of the round, or
-- with the person.
create table survey_custody (
    round     text not null references survey_rounds (id),
    no        integer not null,
    person    text not null,
    confirmed boolean not null default false,
    gone      boolean not null default false,
    primary key (round, no)
);
create index survey_custody_person on survey_custody (person) where person <> '';

-- The first of the two shares that open a round, sealed with the keys of the
-- installation, while it waits for the second. Deleted after half an hour, or
-- when the second comes.
create table survey_shares (
    round      text primary key references survey_rounds (id),
    person     text not null,
    no         integer not null,
    sealed     text not null,
    until      bigint not null
);

-- How many people of a unit were invited and answered, kept when a round is
-- opened instead of the list of those people. Not personal. Stays.
create table survey_units (
    round    text not null references survey_rounds (id),
    unit     text not null,
    invited  integer not null,
    answered integer not null,
    primary key (round, unit)
);
