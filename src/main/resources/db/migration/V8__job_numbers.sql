-- The numbers of each step and of each evaluation; of very long runs not of every step.
create table job_metrics (
    job_id     varchar(64) not null references jobs (id),
    step       integer not null,
    kind       varchar(16) not null,
    created_at timestamp(6) with time zone not null,
    metrics    text not null,
    primary key (job_id, step, kind)
);
-- passes over its data
alter table jobs add column epoch double precision default 0 not null;
-- what its attempts have used so far
alter table jobs add column used text;
alter table jobs add column result_file varchar(64);
-- by which checkpoints are ranked, higher is better
alter table job_checkpoints add column score double precision;

create table job_samples (
    position   bigint generated always as identity primary key,
    id         varchar(64) not null unique,
    job_id     varchar(64) not null references jobs (id),
    created_at timestamp(6) with time zone not null,
    step       integer not null,
    split      varchar(16) not null,
    content    text not null
);
create index job_samples_job on job_samples (job_id, position);
