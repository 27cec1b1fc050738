-- Classes of schools. The tutor is a person of access, '' while there is none.
create table directory_classes (
    id          text primary key,
    institution text not null references directory_institutions (id),
    school_year integer not null,           -- of its September
    name        text not null,
    name_key    text not null,              -- folded, without blanks
    sort_key    text not null,
    tutor       text not null default '',
    revision    bigint not null default 1,
    closed      boolean not null default false,
    created_at  bigint not null
);
create unique index directory_classes_name on directory_classes (institution, school_year, name_key);
create index directory_classes_tutor on directory_classes (tutor, institution);

-- Who is in which class, with the number in the register of the class. The
-- person is one of access; no name stands here.
-- Purpose: who teaches and helps whom, and cards to sign in with. Deleted with
-- the account of the pupil.
create table directory_class_members (
    class  text not null references directory_classes (id),
    person text not null,
    number integer not null,
    since  bigint not null,
    until  bigint,
    primary key (class, person, since)
);
create unique index directory_class_members_living on directory_class_members (person) where until is null;
create index directory_class_members_class on directory_class_members (class, number);
