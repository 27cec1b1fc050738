-- Who answers for data: the controller of each public body and its
-- data-protection officer. institution '' is who runs the installation.
-- Purpose: duties of information (GDPR art. 13, 14). Names and contacts of
-- officers are public by law; they are replaced when the officer changes.
create table privacy_parties (
    institution   text primary key,
    name          text not null,
    address       text not null,
    mail          text not null,
    phone         text not null,
    officer_name  text not null,
    officer_mail  text not null,
    officer_phone text not null,
    updated_by    text not null,
    updated_at    bigint not null
);

-- Signed agreements between a public body and who runs the installation.
-- module '' is all modules. Kept with the institution; no person stands here
-- but the ids of who entered and ended the row.
create table privacy_agreements (
    id           text primary key,
    institution  text not null,
    kind         text not null check (kind in ('entrustment', 'joint')),
    module       text not null,
    signed_on    text not null,
    valid_from   text not null,
    valid_until  text not null,
    reference    text not null,
    entered_by   text not null,
    entered_at   bigint not null,
    ended_on     text not null default '',
    ended_by     text not null default '',
    ended_reason text not null default ''
);
create index privacy_agreements_institution on privacy_agreements (institution);

-- Purposes whose data must not be deleted for now, and why. One standing row a purpose.
create table privacy_holds (
    id              text primary key,
    purpose         text not null,
    reason          text not null,
    placed_by       text not null,
    placed_at       bigint not null,
    released_by     text not null default '',
    released_at     bigint not null default 0
);
create unique index privacy_holds_standing on privacy_holds (purpose) where released_at = 0;

-- Nightly deletions: planned, so that people can look first; then running; then done.
create table privacy_runs (
    id          text primary key,
    state       text not null check (state in ('planned', 'running', 'done')),
    planned_at  bigint not null,
    started_at  bigint not null default 0,
    finished_at bigint not null default 0
);
create unique index privacy_runs_open on privacy_runs (state) where state <> 'done';
create table privacy_run_rows (
    run     text not null references privacy_runs (id) on delete cascade,
    purpose text not null,
    holding text not null,
    before  bigint not null,
    expired bigint not null,
    deleted bigint not null default 0,
    outcome text not null default '' check (outcome in ('', 'done', 'held', 'failed')),
    primary key (run, purpose, holding)
);

-- Persons who were erased. The id is random and means nothing once the person's
-- row is gone; it is kept so that a restored older backup can be erased again.
-- pending are the purposes still to be erased, with commas; report is JSON of
-- counts. Purpose: accountability (GDPR art. 5.2). Never deleted: a backup may
-- be restored at any time.
create table privacy_erasures (
    id          text primary key,
    person      text not null,
    at          bigint not null,
    erased_by   text not null,
    reason      text not null,
    journaled   boolean not null,
    pending     text not null,
    held        text not null,
    report      text not null,
    finished_at bigint not null default 0
);
create index privacy_erasures_at on privacy_erasures (at, id);
create index privacy_erasures_pending on privacy_erasures (id) where finished_at = 0;

-- Requests of persons about their own data (GDPR art. 15-22). Purpose: to answer
-- them. Deleted after privacy.requests_keep from the answer; words and answer are
-- blanked when the person is erased.
create table privacy_requests (
    id             text primary key,
    person         text not null,
    institution    text not null,
    kind           text not null,
    words          text not null,
    state          text not null check (state in ('received', 'taken', 'granted', 'refused')),
    received_at    bigint not null,
    due_on         text not null,
    taken_by       text not null default '',
    prolonged_at   bigint not null default 0,
    prolong_reason text not null default '',
    answer         text not null default '',
    closed_by      text not null default '',
    closed_at      bigint not null default 0,
    reminded_on    text not null default ''
);
create index privacy_requests_person on privacy_requests (person, id);
create index privacy_requests_open on privacy_requests (id) where closed_at = 0;
create index privacy_requests_closed on privacy_requests (closed_at);

-- Texts of consents as they were shown, word for word. Never changed.
create table privacy_consent_texts (
    id         text primary key,
    purpose    text not null,
    lang       text not null,
    version    bigint not null,
    body       text not null,
    created_at bigint not null
);
create unique index privacy_consent_texts_version on privacy_consent_texts (purpose, lang, version);

-- Consents. Purpose: to be able to show that a consent was given (GDPR art. 7.1).
-- Deleted after privacy.consents_keep from the withdrawal; the ids stay when a
-- person is erased, for they are the proof, and mean nothing without the person.
create table privacy_consents (
    id           text primary key,
    purpose      text not null,
    text_id      text not null references privacy_consent_texts (id),
    subject      text not null,
    giver        text not null,
    relation     text not null check (relation in ('self', 'parent', 'guardian')),
    given_at     bigint not null,
    withdrawn_at bigint not null default 0,
    withdrawn_by text not null default ''
);
create index privacy_consents_subject on privacy_consents (subject, purpose);
create index privacy_consents_giver on privacy_consents (giver);
create index privacy_consents_withdrawn on privacy_consents (withdrawn_at) where withdrawn_at > 0;

-- Documentation of a public office: filing class (JRWA), case number, archive
-- category. Titles hold no personal words. Rows end on a disposal list.
create table privacy_records (
    id           text primary key,
    institution  text not null,
    kind         text not null,
    object_id    text not null,
    title        text not null,
    class        text not null,
    case_number  text not null,
    category     text not null,
    closed_on    text not null,
    dispose_from text not null,
    disposed_at  bigint not null default 0,
    disposed_by  text not null default '',
    reason       text not null default ''
);
create unique index privacy_records_object on privacy_records (kind, object_id);
create index privacy_records_waiting on privacy_records (id) where disposed_at = 0;
