-- When somebody left, and whether the last moment of free resignation was over:
-- the settlement of the fee needs to know it. Purpose and deletion as of enrollments.
alter table training_enrollments add column left_at bigint not null default 0;
alter table training_enrollments add column late boolean not null default false;
