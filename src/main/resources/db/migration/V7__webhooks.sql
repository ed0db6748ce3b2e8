-- Servers that are told when a job has ended. Their secrets are computed from the salt and a key that is not here.
create table webhook_endpoints (
    position     bigint generated always as identity primary key,
    id           varchar(64) not null unique,
    name         varchar(255) not null,
    url          varchar(2048) not null,
    event_types  varchar(255) not null,
    salt         varchar(64) not null,
    hint         varchar(8) not null,
    former_salt  varchar(64),
    former_until timestamp(6) with time zone,
    created_at   timestamp(6) with time zone not null,
    updated_at   timestamp(6) with time zone not null
);

-- Without a reference to the endpoint, whose deletion must not stand in the way of a job's end.
create table webhook_deliveries (
    position     bigint generated always as identity primary key,
    id           varchar(64) not null unique,
    endpoint_id  varchar(64) not null,
    event_id     varchar(64) not null,
    event_type   varchar(64) not null,
    job_id       varchar(64) not null,
    state        varchar(16) not null,
    tries        integer not null,
    last_try_at  timestamp(6) with time zone,
    last_status  integer,
    last_problem text,
    created_at   timestamp(6) with time zone not null,
    next_try_at  timestamp(6) with time zone
);
create index webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, position);

-- db-scheduler's own table: which deliveries are due, and which process makes them.
create table webhook_tasks (
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
create index webhook_tasks_execution_time on webhook_tasks (execution_time);
create index webhook_tasks_last_heartbeat on webhook_tasks (last_heartbeat);
