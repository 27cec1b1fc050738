-- What of a campaign was published, one row for each measure: the release of
-- package disclosure with the part of it that maps draw, or why there is none (a
-- message key). Releases hold no personal data; kept with the campaign.
create table needs_releases (
    campaign text not null references needs_campaigns (id),
    measure  text not null,
    release  text not null default '',
    drawn    text not null default '',         -- JSON of the first two levels
    refused  text not null default '',
    at       bigint not null,
    primary key (campaign, measure)
);
-- Lines in own words that wait for a topic: few among many.
create index needs_lines_waiting on needs_lines (declaration) where topic = '' and words <> '' and merged = '';
