-- A party's word that the figures of a school year are right. A party may
-- confirm again; what it confirmed before is kept. Names who did it, by id.
-- Purpose: agreements.register; the id is deleted as agreements.keep says.
create table agreements_confirmations (
    id        text primary key,
    agreement text not null references agreements_agreements (id),
    party     text not null,
    year      integer not null,
    version   integer not null,
    remarks   text not null default '',
    paper     boolean not null default false, -- said on paper, typed in by another party
    by_person text not null default '',
    at        bigint not null,
    unique (agreement, year, party, version)
);
create index agreements_confirmations_by on agreements_confirmations (by_person, id);

-- The figures that a party confirmed, area by area. Numbers only; kept with the
-- agreement.
create table agreements_confirmed (
    confirmation   text not null references agreements_confirmations (id),
    area           text not null,
    activities     bigint not null,
    participations bigint not null,
    people         bigint not null,
    minutes        bigint not null,
    money          bigint not null,
    primary key (confirmation, area)
);
