-- Municipalities, by the six digits of their TERYT code (the seventh, the type,
-- changes when a village becomes a town; the municipality stays).
create table directory_municipalities (
    id         text primary key,
    terc       text not null default '',
    name       text not null,
    sort_key   text not null,
    county     text not null default '',
    voivodeship text not null default '',
    member     boolean not null default false,
    hex_col    integer not null default 0,   -- place on the tile map, members only
    hex_row    integer not null default 0,
    boundary   text not null default '',     -- GeoJSON geometry, '' until imported
    boundary_source text not null default ''
);

create table directory_districts (
    municipality text not null references directory_municipalities (id),
    number       integer not null,
    name         text not null,
    boundary     text not null default '',
    primary key (municipality, number)
);

-- Institutions of the register, and bodies outside it (origin 'hand').
-- Contact is that of the institution as a public office, never of a person.
create table directory_institutions (
    id            text primary key,
    rspo          bigint unique,
    origin        text not null,             -- register, hand, demo
    kind          text not null,             -- register.Type, or office, association, ngo, university, company
    name          text not null,
    official_name text not null default '',
    sort_key      text not null,
    closed        boolean not null default false,
    closed_on     text not null default '',  -- YYYY-MM-DD
    closed_why    text not null default '',  -- register, vanished, officer
    municipality  text not null references directory_municipalities (id),
    district      integer,
    delegatura    text not null default '',
    city          text not null default '',
    street        text not null default '',
    house         text not null default '',
    flat          text not null default '',
    postcode      text not null default '',
    lat           double precision,
    lon           double precision,
    point_doubt   text not null default '',  -- why the point is not drawn: country, municipality
    regon         text not null default '',
    nip           text not null default '',
    phone         text not null default '',
    email         text not null default '',
    website       text not null default '',
    running_id    text references directory_institutions (id),
    running_name  text not null default '',
    running_kind  text not null default '',
    running_municipality text not null default '', -- when a municipality runs it
    supervising   text not null default '',
    public        text not null default '',  -- public, nonpublic, '' when unknown
    pupils        integer,
    founded_on    text not null default '',
    -- The register's parent, and an officer's word against it: corrected says
    -- that officer_parent holds, where null means "stands alone".
    register_parent text references directory_institutions (id),
    corrected       boolean not null default false,
    officer_parent  text references directory_institutions (id),
    head_unit       text not null,           -- top of the parents: the unit whose head leads the group
    stated        text not null default '',  -- register.Record as last stated, JSON
    source        text not null default '',  -- shape of the file that stated it
    updated_at    bigint not null,
    revision      bigint not null default 1
);
create index directory_institutions_list on directory_institutions (closed, sort_key, id);
create index directory_institutions_municipality on directory_institutions (municipality, closed, sort_key, id);
create index directory_institutions_running on directory_institutions (running_municipality, closed, sort_key, id);
create index directory_institutions_kind on directory_institutions (kind, closed, sort_key, id);
create index directory_institutions_head on directory_institutions (head_unit);
create index directory_institutions_runner on directory_institutions (running_id);

-- Words of name, official name, city, street and number, folded and in hex,
-- so that a beginning of a word is a range in every database alike.
create table directory_words (
    word        text not null,
    institution text not null references directory_institutions (id),
    primary key (word, institution)
);
create index directory_words_institution on directory_words (institution);

-- A file of the register that was read: first a difference to look at, then,
-- if somebody approves, applied.
create table directory_imports (
    id          text primary key,
    shape       text not null,
    file_name   text not null,
    sha256      text not null,
    state       text not null,               -- reading, shown, applying, applied, discarded, failed
    read_rows   integer not null default 0,
    new_rows    integer not null default 0,
    changed     integer not null default 0,
    closed      integer not null default 0,
    reopened    integer not null default 0,
    problems    integer not null default 0,
    mass_closing boolean not null default false,
    based_on    bigint not null default 0,   -- version of the directory that was compared with
    refusal_key text not null default '',
    refusal_args text not null default '',
    progress    text not null default '',
    person      text not null default '',
    created_at  bigint not null,
    applied_at  bigint
);
create index directory_imports_created on directory_imports (created_at, id);

create table directory_import_changes (
    import   text not null references directory_imports (id),
    n        integer not null,
    kind     text not null,                  -- new, changed, closed, reopened
    rspo     bigint not null,
    institution text not null default '',
    name     text not null,
    fields   text not null default '',       -- JSON list of field, before, after
    record   text not null default '',       -- JSON register.Record to store
    primary key (import, n)
);

create table directory_import_problems (
    import   text not null references directory_imports (id),
    n        integer not null,
    row_no   integer not null,
    rspo     bigint not null default 0,
    level    text not null,                  -- note, warning, error
    key      text not null,
    args     text not null default '',       -- JSON
    primary key (import, n)
);
