-- Trainings of a matter: whoever raised it is told what came of it.
create index training_trainings_trace on training_trainings (trace, id);
