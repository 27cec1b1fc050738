-- How a center signs its papers. Names who signs, as the papers themselves do:
-- a public function. Kept as long as the center issues papers.
create table training_paper_centers (
    center        text primary key,           -- institution of the directory
    full_name     text not null,
    accreditation text not null default '',   -- decision of accreditation, as it stands on the papers
    place         text not null,              -- where papers are dated
    signs         text not null default '',   -- name and function of who signs
    heading       text not null default '',   -- line above the name: the authority that runs the center
    changed_by    text not null default '',
    changed_at    bigint not null
);

-- Series of numbers: the middle part of <seq>/<code>/<year>. A code belongs to
-- one center and one kind of paper for good, so no number is given twice.
create table training_paper_series (
    code   text primary key,
    center text not null,
    kind   text not null,                     -- certificate, diploma
    since  bigint not null,
    current boolean not null
);
create index training_paper_series_center on training_paper_series (center, kind);

-- The official form of diplomas, as the administrator sent it, and where on it
-- the data are printed. Holds no personal data.
create table training_paper_models (
    center     text primary key,
    file       text not null default '',      -- of platform/files
    places     text not null default '',      -- JSON: field -> millimeters and size
    changed_by text not null default '',
    changed_at bigint not null
);

-- What only a paper asks for: date and place of birth. Purpose: the paper says
-- whose it is. Sealed. Deleted a year after it was given where no paper was
-- issued; else filed with the paper.
create table training_paper_births (
    enrollment text primary key,
    person     text not null default '',
    sealed     text not null,
    given_by   text not null default '',      -- person who typed it; '' for the holder of the mailed link
    at         bigint not null
);
create index training_paper_births_person on training_paper_births (person, enrollment);
create index training_paper_births_at on training_paper_births (at, enrollment);

-- The register of papers. Purpose: the center's documentation of who got which
-- paper, and its verification. Filed documentation: never deleted here.
create table training_papers (
    id          text primary key,
    kind        text not null,                -- certificate, diploma
    center      text not null,
    series      text not null,                -- '' for an imported number of another shape
    year        integer not null,
    seq         bigint not null,              -- 0 for an imported number of another shape
    number      text not null,                -- 17/KR/2026
    number_key  text not null,                -- as it stands in an address: 17-KR-2026
    sort        text not null,                -- year, series, seq: hex text that sorts as they do
    state       text not null,                -- issued, corrected, duplicate_issued, voided
    version     integer not null,             -- of the content, from 1
    revision    bigint not null default 1,
    key_hash    text not null,                -- SHA-256 of the 16 letters
    key_sealed  text not null,                -- the letters: a duplicate prints them again
    training    text not null default '',
    enrollment  text not null default '',
    trace       text not null default '',
    person      text not null default '',     -- account, '' for a guest
    name        text not null,
    name_key    text not null,                -- sort key
    name_fold   text not null,                -- folded words, each after a blank: for looking up
    title       text not null,
    form        text not null default '',     -- form of work, see training.Form
    hours       integer not null,
    starts_on   text not null,                -- YYYY-MM-DD
    ends_on     text not null,
    issued_on   text not null,
    imported    boolean not null default false,
    void_class  text not null default '',     -- class of the reason, shown to strangers
    void_reason text not null default '',     -- the words, for the register
    voided_on   text not null default '',
    changed_on  text not null default '',     -- of the last correction
    blank       text not null default '',     -- serial of the blank form of a diploma
    handed_at   bigint not null default 0,
    handed_how  text not null default '',     -- in_person, post, downloaded
    handed_by   text not null default '',
    issued_by   text not null default '',
    issued_at   bigint not null
);
create unique index training_papers_number on training_papers (center, kind, number_key);
create index training_papers_key on training_papers (number_key);
create index training_papers_list on training_papers (center, kind, sort, id);
create index training_papers_name on training_papers (center, name_key, id);
create index training_papers_training on training_papers (training, id);
create index training_papers_enrollment on training_papers (enrollment, id);
create index training_papers_person on training_papers (person, id);

-- Everything that was printed of a paper: the original, corrections, duplicates.
-- Purpose and deletion as of the register.
create table training_paper_copies (
    id         text primary key,
    paper      text not null references training_papers (id),
    no         integer not null,              -- 1 is the original
    what       text not null,                 -- original, correction, duplicate
    version    integer not null,              -- of the content
    content    text not null,                 -- sealed: all words of the paper
    changed    text not null default '',      -- names of what a correction changed
    why        text not null default '',
    made_on    text not null,
    by_person  text not null default '',
    at         bigint not null,
    file       text not null default '',      -- platform/files: the PDF as it was made
    sha256     text not null default '',      -- of that PDF, hex
    size       bigint not null default 0,     -- bytes of that PDF
    blank      text not null default '',      -- serial of the form on which a diploma was printed
    signing    text not null default '',      -- '', prepared, out, signed, by_hand
    signed_file text not null default '',
    signed_at  bigint not null default 0
);
create unique index training_paper_copies_no on training_paper_copies (paper, no);
create index training_paper_copies_hash on training_paper_copies (sha256);

-- Blank forms of diplomas, each by its serial. Holds ids of papers.
create table training_blanks (
    center   text not null,
    serial   text not null,                   -- as printed: letters and digits
    serial_key text not null,                 -- sorts as the serials do
    state    text not null,                   -- received, used, spoiled, returned
    paper    text not null default '',
    reason   text not null default '',
    received_at bigint not null,
    changed_by text not null default '',
    changed_at bigint not null,
    primary key (center, serial)
);
create index training_blanks_free on training_blanks (center, state, serial_key);

-- Batches that go to the director for signature.
create table training_batches (
    id         text primary key,
    center     text not null,
    how        text not null,                 -- electronic, hand
    state      text not null,                 -- prepared, out, closed
    training   text not null default '',
    made_by    text not null,
    made_at    bigint not null,
    closed_by  text not null default '',
    closed_at  bigint not null default 0
);
create index training_batches_center on training_batches (center, id);

create table training_batch_items (
    batch text not null references training_batches (id),
    copy  text not null references training_paper_copies (id),
    state text not null,                      -- prepared, out, signed
    matched text not null default '',         -- how the signed file was known: bytes, mark
    primary key (batch, copy)
);
create index training_batch_items_copy on training_batch_items (copy);

-- What came back and fits no paper of the batch: name of the file and why.
-- Deleted when the batch is closed.
create table training_batch_strays (
    batch text not null references training_batches (id),
    no    integer not null,
    name  text not null,
    why   text not null,
    primary key (batch, no)
);

-- Keys with which badges are signed. The private half is sealed; a retired key
-- signs no more, and its public half stays for good.
create table training_signing_keys (
    id         text primary key,
    center     text not null,
    public     text not null,                 -- multikey
    sealed     text not null,                 -- the private half
    since      bigint not null,
    retired_at bigint not null default 0,
    revoked_at bigint not null default 0,     -- fell into other hands: nothing it signed is believed
    made_by    text not null default ''
);
create index training_signing_keys_center on training_signing_keys (center, retired_at);

-- Badges of papers, one for each version of the content. Both ids are drawn at
-- random and tell nothing of the person or the paper.
create table training_paper_badges (
    paper   text not null references training_papers (id),
    version integer not null,
    badge   text not null,                    -- of the credential
    subject text not null,                    -- of the person, for this badge alone
    primary key (paper, version)
);
create unique index training_paper_badges_badge on training_paper_badges (badge);

-- Questions asked of the public pages within a quarter of an hour. Keyed
-- hashes, deleted within the day.
create table training_paper_tries (
    key     text not null,
    quarter bigint not null,
    n       integer not null,
    primary key (key, quarter)
);
create index training_paper_tries_quarter on training_paper_tries (quarter);
