-- Rows that wait lie in the order of their key, for one page less per act.
-- Purpose and deletion as before.
create table audit_waiting_new (
    id               text primary key,
    at               bigint not null,
    hour             bigint not null,
    action           text not null,
    object           text not null,
    object_id        text not null,
    institution      text not null,
    reading          boolean not null,
    hidden           boolean not null,
    actor            text not null,
    acting_for       text not null,
    role             text not null,
    role_institution text not null,
    subject          text not null,
    details          text not null,
    salt_who         text not null,
    salt_about       text not null,
    salt_details     text not null,
    read_key         text
) without rowid;
insert into audit_waiting_new (id, at, hour, action, object, object_id, institution, reading, hidden,
    actor, acting_for, role, role_institution, subject, details, salt_who, salt_about, salt_details, read_key)
    select id, at, hour, action, object, object_id, institution, reading, hidden,
    actor, acting_for, role, role_institution, subject, details, salt_who, salt_about, salt_details, read_key from audit_waiting;
drop table audit_waiting;
alter table audit_waiting_new rename to audit_waiting;
create unique index audit_waiting_read on audit_waiting (read_key) where read_key is not null;
