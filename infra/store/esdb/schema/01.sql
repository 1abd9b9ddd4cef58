-- What PostgreSQL knows of a store whose events are in EventStoreDB.
create schema if not exists beside;

-- The cluster that everything here is about: the id of the first event of its stream `relais-store`.
create table beside.cluster (
  id  uuid    not null,
  one boolean primary key default true check (one)
);

-- Where an event id was tried last. A server knows ids within a stream only, and there with holes.
-- An id stays with its stream, whether the append came through or not.
create table beside.event_id (
  event_id uuid primary key,
  stream   text not null,
  version  int  not null
);
