-- Which file an applicant sent for which paper of admission. Purpose: an officer
-- decides about the application without paper copies. Holds ids only; deleted,
-- with the files, when the training is over or the application withdrawn.
create table training_sent (
    enrollment text not null references training_enrollments (id),
    no         integer not null,
    file       text not null,
    at         bigint not null,
    primary key (enrollment, no)
);
