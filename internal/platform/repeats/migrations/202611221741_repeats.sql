-- Forms that were sent, so that one sent twice is done once. Purpose: no double
-- invitations, enrollments or mails. The key is a digest; the address to which
-- the person was sent on and the notice shown there may hold an id or a name.
-- Deleted a day after the form was sent. Status 0: being done, or its program
-- died meanwhile.
create table repeats (
    hash     text primary key,
    door     text not null,
    person   text not null,
    status   integer not null,
    location text not null,
    notice   text not null,
    at       bigint not null
);
create index repeats_at on repeats (at);
