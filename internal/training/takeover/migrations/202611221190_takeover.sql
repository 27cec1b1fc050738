-- What came from an older system: which row of it became what here. A sheet that
-- is read again finds its rows by it. Purpose: taking over the center's own
-- documentation. Keys of people are HMACs; the words of a paper (birth date and
-- place, institution) lie sealed as they stood in the old register. Goes when the
-- import is undone, else filed with what it became.
create table training_taken (
    center text not null,
    kind   text not null,             -- training, person, paper
    key    text not null,             -- old code, title and day, HMAC of a person, kind and number of a paper
    object text not null,             -- what it became
    batch  text not null,             -- the import
    words  text not null default '',  -- sealed
    at     bigint not null,
    primary key (center, kind, key)
);
create index training_taken_object on training_taken (object);

-- A participant as the enrollments and old papers of a center know one: the same
-- address and the same name. Purpose: one person is not kept as two. Keyed hashes
-- only; goes with the last enrollment or paper that it stands for.
create table training_merge_faces (
    id        text primary key,
    center    text not null,
    face      text not null,            -- address or account, and name
    email_key text not null default '',
    called    text not null default '', -- the name, in any order of its words
    placed    text not null default '', -- first name and institution
    born      text not null default '', -- first name and birth date
    at        bigint not null
);
create unique index training_merge_faces_face on training_merge_faces (center, face);
create index training_merge_faces_email on training_merge_faces (center, email_key);
create index training_merge_faces_called on training_merge_faces (center, called);
create index training_merge_faces_placed on training_merge_faces (center, placed);
create index training_merge_faces_born on training_merge_faces (center, born);

-- Which enrollments and papers are a participant's. Ids only; purpose and
-- deletion as of the faces.
create table training_merge_members (
    kind   text not null,               -- enrollment, paper
    row_id text not null,
    face   text not null references training_merge_faces (id),
    primary key (kind, row_id)
);
create index training_merge_members_face on training_merge_members (face, kind, row_id);

-- Two participants who may be one, and what a clerk decided. Purpose: nobody is
-- asked twice, and a merge can be undone. Ids only; deletion as of the faces.
create table training_merge_pairs (
    id         text primary key,
    center     text not null,
    a          text not null references training_merge_faces (id),
    b          text not null references training_merge_faces (id),
    reason     text not null,            -- see Reason
    state      text not null,            -- open, merged, apart
    kept       text not null default '', -- of a merge: the face that stays
    decided_by text not null default '',
    decided_at bigint not null default 0,
    revision   bigint not null default 1
);
create unique index training_merge_pairs_both on training_merge_pairs (center, a, b);
create index training_merge_pairs_open on training_merge_pairs (center, state, id);
create index training_merge_pairs_b on training_merge_pairs (b);
create index training_merge_pairs_a on training_merge_pairs (a);

-- Rows that a merge put under the account of who stays; undoing it takes them
-- away again. Ids only; deletion as of the faces.
create table training_merge_moved (
    pair   text not null references training_merge_pairs (id),
    kind   text not null,                -- enrollment, paper
    row_id text not null,
    primary key (pair, kind, row_id)
);
