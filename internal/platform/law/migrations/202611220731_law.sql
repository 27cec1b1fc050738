-- Numbers of the law, each from a date on. A row is never edited but for its
-- verification and its withdrawal: a new value is a new row, and a mistake
-- stays to be seen as withdrawn. value is text: whole numbers in digits, dates
-- as YYYY-MM-DD. valid_from '' means that the beginning is not established.
-- The ids of officers name people who acted in office; they stay as long as the
-- row, and mean nothing once the person's own row is gone.
create table law_params (
    id               text primary key,
    key              text not null,
    valid_from       text not null,
    value            text not null,
    legal_basis      text not null,
    verified         boolean not null,
    verified_by      text not null default '',
    verified_at      bigint not null default 0,
    review_by        text not null default '',
    entered_by       text not null default '',
    entered_at       bigint not null,
    withdrawn_by     text not null default '',
    withdrawn_at     bigint not null default 0,
    withdrawn_reason text not null default ''
);
create unique index law_params_standing on law_params (key, valid_from) where withdrawn_at = 0;
