-- The catalog in memory reads what changed since it was read.
create index training_trainings_changed on training_trainings (changed_at, id);
