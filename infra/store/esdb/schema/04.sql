-- An append that goes with rows of other tables, which wait in a prepared transaction until its
-- stream has decided. The append is null once it stands there; it is deleted when it lost.
create table beside.promise (
  event_id uuid        primary key,
  gid      text        not null unique,
  append   jsonb,
  made_at  timestamptz not null default clock_timestamp()
);

-- Prepared transactions that no promise came to, and none may come to any more.
create table beside.given_up (
  gid text primary key
);
