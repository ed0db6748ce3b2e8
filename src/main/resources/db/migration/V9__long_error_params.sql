-- A field's path has names in it that clients choose.
alter table jobs alter column error_param set data type text;
