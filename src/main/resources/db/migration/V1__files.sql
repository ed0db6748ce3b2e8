-- Uploaded files; their bytes lie in <data-dir>/files/<id>.
create table files (
    position   bigint generated always as identity primary key,
    id         varchar(64) not null unique,
    filename   varchar(255) not null,
    purpose    varchar(32) not null,
    bytes      bigint not null,
    created_at timestamp(6) with time zone not null,
    expires_at timestamp(6) with time zone,
    -- a deleted file keeps its row, so that a client can page on after it
    deleted_at timestamp(6) with time zone
);
