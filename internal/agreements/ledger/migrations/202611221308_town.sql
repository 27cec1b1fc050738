-- The sheet of a municipality lists what its people took part in: of a small one
-- that is little, and is found by this without a walk through all activities.
create index ledger_presence_town on ledger_presence (by_seat, school_year, kind, id);
