-- Nobody asks for events by their trace: steps tell of a matter. A ledger that
-- is built anew reads all events in the order of their ids, once in years;
-- that is not worth an index that each act would have to keep up.
drop index events_trace;
drop index events_name;
