-- Who buys and who receives on an invoice, for the people of one institution.
-- Data of bodies, not of people. Kept as long as the institution sends people.
create table training_buyers (
    institution text primary key,
    buyer       text not null,             -- name on the invoice: often the municipality
    nip         text not null,
    address     text not null,
    recipient   text not null default '',  -- often the school
    recipient_address text not null default '',
    email       text not null default '',  -- where the invoice goes, an address of the office
    revision    bigint not null default 1,
    changed_by  text not null,
    changed_at  bigint not null
);

-- What is owed for one participant and what became of it. A row is written when
-- somebody first settles it; before, the training's price is owed.
-- Purpose: settlement of the training; kept as accounting documentation.
create table training_dues (
    enrollment text primary key references training_enrollments (id),
    training   text not null,
    amount     bigint not null,            -- grosze
    state      text not null,              -- unpaid, paid, waived
    paid_on    text not null default '',   -- YYYY-MM-DD
    invoice    text not null default '',   -- number given by the bookkeeping system
    note       text not null default '',   -- why waived
    revision   bigint not null default 1,
    changed_by text not null,
    changed_at bigint not null
);
create index training_dues_training on training_dues (training, state);

-- Statements of institutions that their people's training is paid from public
-- funds, for the exemption from VAT.
create table training_statements (
    training    text not null references training_trainings (id),
    institution text not null,
    share       text not null,             -- all, most: what part is public money
    by_person   text not null,
    at          bigint not null,
    primary key (training, institution)
);
