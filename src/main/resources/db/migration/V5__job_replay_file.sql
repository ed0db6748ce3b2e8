-- for those who ask what a job needs
alter table jobs add column replay_file varchar(64);
