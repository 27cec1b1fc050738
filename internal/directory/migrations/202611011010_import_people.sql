-- Who approved an import or threw it away: not always the one who read the file.
alter table directory_imports add column settled_by text not null default '';
