create table jobs (
    position         bigint generated always as identity primary key,
    id               varchar(64) not null unique,
    state            varchar(20) not null,
    -- the canonical body of the request
    request          text not null,
    -- for those who ask what a job needs
    model            varchar(255) not null,
    training_file    varchar(64) not null,
    validation_file  varchar(64),
    -- so that a repeated request finds the job it made
    request_hash     varchar(64) not null,
    idempotency_key  varchar(255) unique,
    -- raised by each start; what an earlier attempt still writes is refused
    attempt          integer default 0 not null,
    step             integer default 0 not null,
    total_steps      integer default 0 not null,
    estimated_finish timestamp(6) with time zone,
    hyperparameters  text,
    created_at       timestamp(6) with time zone not null,
    finished_at      timestamp(6) with time zone,
    error_code       varchar(64),
    error_message    text,
    error_param      varchar(255),
    fine_tuned_model varchar(255),
    trained_tokens   bigint
);
create index jobs_state on jobs (state);
create index jobs_request_hash on jobs (request_hash);

create table job_metadata (
    job_id varchar(64) not null references jobs (id),
    name   varchar(64) not null,
    content varchar(512) not null,
    primary key (job_id, name)
);
create index job_metadata_content on job_metadata (name, content);

create table job_events (
    position   bigint generated always as identity primary key,
    id         varchar(64) not null unique,
    job_id     varchar(64) not null references jobs (id),
    created_at timestamp(6) with time zone not null,
    level      varchar(8) not null,
    message    text not null,
    data       text
);
create index job_events_job on job_events (job_id, position);

create table job_checkpoints (
    position   bigint generated always as identity primary key,
    id         varchar(64) not null unique,
    job_id     varchar(64) not null references jobs (id),
    created_at timestamp(6) with time zone not null,
    step       integer not null,
    model      varchar(255) not null,
    metrics    text not null,
    unique (job_id, step)
);

-- db-scheduler's own table: which jobs are due, and which process runs them.
create table scheduled_tasks (
    task_name            varchar(100) not null,
    task_instance        varchar(100) not null,
    task_data            bytea,
    execution_time       timestamp(6) with time zone not null,
    picked               boolean not null,
    picked_by            varchar(100),
    last_success         timestamp(6) with time zone,
    last_failure         timestamp(6) with time zone,
    consecutive_failures integer,
    last_heartbeat       timestamp(6) with time zone,
    version              bigint not null,
    priority             smallint,
    primary key (task_name, task_instance)
);
create index scheduled_tasks_execution_time on scheduled_tasks (execution_time);
create index scheduled_tasks_last_heartbeat on scheduled_tasks (last_heartbeat);
