-- Who is asked in a round, for which unit, and whether they have answered. It
-- has no time. Of an anonymous round deleted at its opening (see survey_units);
-- otherwise two years after the close, or with the person.
create table survey_invited (
    round    text not null references survey_rounds (id),
    person   text not null,
    unit     text not null,
    answered boolean not null default false,
    primary key (round, person)
) without rowid;
create index survey_invited_person on survey_invited (person, round);
create index survey_invited_unit on survey_invited (round, unit);

-- Sealed answers of anonymous rounds: nobody's, and readable by nobody until two
-- officers open them. id is 128 random bits from the form that was drawn. There
-- is no time and no other word in a row, and none may be added. Destroyed when
-- the round is opened or dropped.
create table survey_envelopes (
    round  text not null,
    id     text not null,
    sealed blob not null,
    primary key (round, id)
) without rowid;

-- The opened answers of an anonymous round in the order of their content, without
-- words. Nobody's. Deleted two years after the close.
create table survey_opened (
    round text not null,
    n     integer not null,
    unit  text not null,
    body  blob not null,
    primary key (round, n)
) without rowid;

-- The words of an anonymous round, apart from the other answers and without a
-- unit, in the order of their letters. People may have written of people; the
-- owner looks before anything is shown. Deleted two years after the close.
create table survey_texts (
    round    text not null,
    question text not null,
    n        integer not null,
    body     text not null,
    primary key (round, question, n)
) without rowid;
