-- Trees of units in which answers will be counted, fixed before people are
-- asked. units is JSON with ids, names and sizes of institutions; tree is a
-- fingerprint of who counts where. Nothing here is about a person. A plan is
-- kept as long as its releases, and they are kept for good.
create table disclosure_plans (
    id       text primary key,
    owner    text not null,
    object   text not null,
    least    bigint not null,
    units    text not null,
    tree     text not null,
    fixed_at bigint not null
);

-- The units, before merging, that a plan counts: to find releases that could be
-- subtracted from each other. Not about persons; kept as long as the plan.
create table disclosure_leaves (
    plan text not null references disclosure_plans (id),
    leaf text not null,
    primary key (plan, leaf)
);
create index disclosure_leaves_leaf on disclosure_leaves (leaf);

-- Published numbers, as they were published. A row is never changed nor computed
-- again. body is JSON and holds nothing of the numbers that are hidden, so no
-- person can be told from it; published statistics are kept for good.
create table disclosure_releases (
    id           text primary key,
    measure      text not null,
    plan         text not null references disclosure_plans (id),
    object       text not null,
    from_at      bigint not null,
    until_at     bigint not null,
    label        text not null,
    body         text not null,
    published_at bigint not null
);
create unique index disclosure_releases_once on disclosure_releases (measure, plan, object, from_at, until_at);
create index disclosure_releases_object on disclosure_releases (object);
