-- The last number given in each series of numbers that people see, such as the
-- certificates of one center in one year. No personal data. A row is never
-- deleted: a number is given once for ever.
create table counter_series (
    name text primary key,
    n    bigint not null
);
