"""Tables beside the events: the pieces of uploads, and the files that are to be cleared."""

from infra import vault

TABLES = (
    vault.TABLES
    + """
create schema if not exists media;
create table if not exists media.file (
  file_id         text primary key,
  organisation_id text        not null,
  user_id         text        not null,
  size_bytes      bigint      not null,
  expires_at      timestamptz not null,
  -- Whether pieces are taken.
  open            boolean     not null default true,
  forgotten       boolean     not null default false,
  -- When the sweeper looks whether something is left that nobody needs.
  look_at         timestamptz not null
);
create index if not exists file_to_look_at on media.file (look_at);
create index if not exists file_of_user on media.file (user_id);
create table if not exists media.piece (
  file_id text   not null references media.file on delete cascade,
  start   bigint not null,
  size    bigint not null,
  object  text   not null,
  primary key (file_id, start)
);
"""
)
