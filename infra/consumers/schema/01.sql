-- What a consumer knows, in the database it writes to.
-- The first step (infra/migrations.py): it does not change any more. It also runs over the tables of
-- releases that had no steps, so it leaves what is there.
create schema if not exists consumer;

create table if not exists consumer.position (
  consumer    text        not null,
  topic       text        not null,
  partition   int         not null,
  next_offset bigint      not null default 0,
  timeline    int         not null default 0,
  epoch       bigint      not null default 0,
  owner       text        not null default '',
  updated_at  timestamptz not null default clock_timestamp(),
  primary key (consumer, topic, partition)
);

create table if not exists consumer.stream (
  consumer text not null,
  stream   text not null,
  version  int  not null,
  primary key (consumer, stream)
);

create table if not exists consumer.parked (
  consumer  text        not null,
  stream    text        not null,
  version   int         not null,
  topic     text        not null,
  partition int         not null,
  "offset"  bigint      not null,
  key       bytea       not null,
  value     bytea       not null,
  headers   json        not null,
  reason    text,
  attempts  int         not null default 0,
  parked_at timestamptz not null default clock_timestamp(),
  request   text        check (request in ('requeue', 'discard')),
  primary key (consumer, stream, version)
);
create index if not exists parked_requests on consumer.parked (consumer) where request is not null;
