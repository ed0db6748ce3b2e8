-- Who may use the service. Of a key there is its hash, and how it begins.
create table api_keys (
    position            bigint generated always as identity primary key,
    id                  varchar(64) not null unique,
    name                varchar(255) not null,
    hint                varchar(16) not null,
    hash                varchar(64) not null unique,
    scopes              varchar(64) not null,
    requests_per_minute integer,
    concurrent_requests integer,
    created_at          timestamp(6) with time zone not null
);
create index api_keys_hint on api_keys (hint);
