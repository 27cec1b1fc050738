-- Of which district a project is, in the words of the rules: that of its pool, or what
-- the proposer of a project for the whole city chose; '' is the whole city or several
-- districts. Not personal; goes with the project.
alter table budget_projects add column area text not null default '';
