-- Keys and who keeps their shares moved to package custody. Rounds keep the
-- public half for those who answer. No round asks for an envelope on trial.
insert into custody_keys (owner, box, public_key, trial, sum, tried, made_at)
    select 'survey', id, public_key, '', '', false, opens_at from survey_rounds where public_key <> '';
insert into custody_keepers (owner, box, no, person, confirmed, gone, made_at)
    select 'survey', c.round, c.no, c.person, c.confirmed, c.gone, r.opens_at
    from survey_custody c join survey_rounds r on r.id = c.round;

-- A share that waits at this moment is sealed for its old place and is brought
-- again: it would have waited half an hour at most.
drop table survey_shares;
drop table survey_custody;
