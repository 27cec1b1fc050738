-- Pages read few rows of a scope: those of the whole, year by year, or those of
-- one group in all municipalities. The primary key has the year first, so it
-- would walk over all rows of all years. Nothing that a fact changes stands in it.
create index ledger_totals_read on ledger_totals (scope, by_what, grp, town, school_year);
