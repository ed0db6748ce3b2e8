-- Models made by jobs. Base models are folders and blueprints are code: neither has a row.
create table models (
    id             varchar(255) primary key,
    created_at     timestamp(6) with time zone not null,
    owned_by       varchar(255) not null,
    parent         varchar(255),
    -- relative to the data folder when inside it, so that the folder can move
    directory      varchar(1024) not null,
    context_length integer
);
create index models_created_at on models (created_at);
