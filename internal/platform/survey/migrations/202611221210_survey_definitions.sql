-- Questionnaires, each version a row that is never changed and never deleted:
-- what was asked must be known as long as anybody reads what was answered.
-- body is the definition as a file (JSON) without its version; digest is the
-- SHA-256 of it, so that the same content is not kept twice; title is its title
-- in all languages (JSON). listed is false for those that programs make.
-- Holds nothing about those who answer. created_by names who acted in office;
-- the id means nothing once the person's own row is gone.
create table survey_definitions (
    id         text primary key,
    code       text not null,
    version    integer not null,
    listed     boolean not null,
    title      text not null,
    digest     text not null,
    body       text not null,
    created_by text not null default '',
    created_at bigint not null
);
create unique index survey_definitions_version on survey_definitions (code, version);
create unique index survey_definitions_digest on survey_definitions (code, digest);
