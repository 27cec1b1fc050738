-- Files of a training: programs, slides, exercises. The bytes and the names lie
-- with package files. Holds no personal data. Deleted with the training.
create table training_materials (
    file     text primary key,               -- see package files
    training text not null references training_trainings (id),
    title    text not null default '',       -- what it is, '' for the file's name
    inside   boolean not null,               -- for people who are in only; otherwise for everybody
    added_at bigint not null
);
create index training_materials_training on training_materials (training, added_at, file);
