-- Rows on their way to other tables (see later.go): written with a deed, spread
-- within a second, deleted then. Purpose: that of the tables they go to, the
-- lines of the log and events and steps of matters among them. body is a list of rows, each
-- the name of the table and the values of its first columns.
create table db_outbox (
    id   integer primary key,
    body text not null
);
