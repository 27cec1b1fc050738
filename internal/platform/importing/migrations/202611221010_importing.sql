-- Files and other sources that were compared with what we hold, one row a
-- reading. scope is the institution whose own records these are, '' for
-- everything. done and total count lines of the work that runs; at_line is the
-- last line that was settled, and the fence between two jobs of one batch.
-- person, settled_by and undone_by are ids of officers who acted in office; they
-- mean nothing once the person's own row is gone. file_name is what the person
-- called the file. The row stays as the history of what was taken in.
create table importing_batches (
    id          text primary key,
    kind        text not null,
    shape       text not null,
    file_name   text not null,
    sha256      text not null,
    scope       text not null,
    state       text not null check (state in ('reading', 'shown', 'applying', 'applied', 'undoing', 'undone', 'discarded', 'failed')),
    stage       text not null default '',
    mode        text not null default '',
    read_rows   integer not null,
    new_rows    integer not null default 0,
    changed     integer not null default 0,
    closed      integer not null default 0,
    reopened    integer not null default 0,
    clashes     integer not null default 0,
    problems    integer not null default 0,
    guard       text not null default '',
    guard_n     integer not null default 0,
    based_on    bigint not null default 0,
    progress    text not null default '',
    at_line     bigint not null default 0,
    done        bigint not null default 0,
    total       bigint not null default 0,
    applied     integer not null default 0,
    held        integer not null default 0,
    left_out    integer not null default 0,
    undone      integer not null default 0,
    kept        integer not null default 0,
    choices     bigint not null default 0,
    swept       boolean not null default false,
    refusal_key text not null default '',
    person      text not null,
    settled_by  text not null default '',
    undone_by   text not null default '',
    created_at  bigint not null,
    applied_at  bigint,
    undone_at   bigint
);
create index importing_batches_created on importing_batches (created_at, id);

-- What would change, one row an object, with what was decided and what came of
-- it. fields, record and former hold what the kind of the import holds: for an
-- import of people these are personal data. The rows go when the difference is
-- discarded, a month after it was shown when nobody decided, and a year (or as
-- many days as the kind says) after it was read.
create table importing_lines (
    batch    text not null references importing_batches (id),
    n        integer not null,
    action   text not null,
    clash    boolean not null,
    state    text not null check (state in ('open', 'applied', 'held', 'left', 'undone', 'kept')),
    choice   text not null default '',
    why      text not null default '',
    key      text not null,
    object   text not null,
    name     text not null,
    folded   text not null,
    base     bigint not null,
    revision bigint not null default 0,
    fields   text not null,
    record   text not null,
    former   text not null default '',
    primary key (batch, n)
);
create index importing_lines_action on importing_lines (batch, action, n);
create index importing_lines_clash on importing_lines (batch, n) where clash;

-- Findings about what was read, at most the first two thousand; they go with
-- the lines. args may repeat words of the file.
create table importing_problems (
    batch  text not null references importing_batches (id),
    n      integer not null,
    row_no integer not null,
    about  text not null,
    level  text not null,
    key    text not null,
    args   text not null,
    primary key (batch, n)
);
