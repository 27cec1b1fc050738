-- The files that people send, as far as the database knows them. The bytes lie
-- in the folder of files under the name "object"; the database holds no bytes.

-- One row per content that is kept. The digest is an HMAC of the content under
-- a key outside the database, so whoever steals the table cannot ask whether a
-- known document is here. An object's name is never used twice. Doomed_at is
-- when the collector saw that no file names it.
create table files_blobs (
    object     text primary key,
    digest     text not null unique,
    size       bigint not null,
    thumb      text not null,
    thumb_size bigint not null,
    doomed_at  bigint
);
create index files_blobs_doomed on files_blobs (doomed_at);
create index files_blobs_thumb on files_blobs (thumb);

-- Objects in the folder that no content names: being written (going = false),
-- or to be deleted. The row stands before the bytes and outlives them, so
-- nothing in the folder is ever without one.
create table files_loose (
    object text primary key,
    since  bigint not null,
    going  boolean not null
);
create index files_loose_since on files_loose (since);

-- One row per file that somebody sent. Personal data: the name as typed, and
-- who sent it. Purpose: to give the file back to those who may have it, under
-- the name they know. Module and owner say whose it is; both are empty until
-- somebody claims it, and a row that nobody claims is deleted after a day.
-- Otherwise it is deleted with its owner, or when keep_until comes; uploaded_by
-- is emptied when the person is erased.
create table files_files (
    id          text primary key,
    object      text not null references files_blobs (object),
    use_name    text not null,
    name        text not null,
    type        text not null,
    size        bigint not null,
    width       integer not null,
    height      integer not null,
    uploaded_by text not null,
    uploaded_at bigint not null,
    module      text not null,
    owner       text not null,
    claimed_at  bigint,
    keep_until  bigint
);
create index files_files_object on files_files (object);
create index files_files_owner on files_files (module, owner, id);
create index files_files_person on files_files (uploaded_by, id);
create index files_files_unclaimed on files_files (uploaded_at) where module = '';
create index files_files_keep on files_files (keep_until);

-- How much each person sent today, so that nobody fills the disk. Personal
-- data; deleted after two days.
create table files_days (
    person text not null,
    day    text not null,
    n      bigint not null,
    bytes  bigint not null,
    primary key (person, day)
);
