"""Tables beside the events: the pieces of uploads, the files that are to be cleared, how many of
them each person and organisation has, and the copies of images."""

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

# By triggers, so that also a process of an older release, which knows no quotas, is counted.
USAGE = """
create table media.usage (
  organisation_id text   not null,
  -- Empty: all people of the organisation together.
  user_id         text   not null,
  files           bigint not null,
  bytes           bigint not null,
  primary key (organisation_id, user_id)
);
create function media.count_file() returns trigger language plpgsql as $$
declare
  one constant int := case tg_op when 'INSERT' then 1 else -1 end;
  file constant media.file := case tg_op when 'INSERT' then new else old end;
begin
  -- Always in this order: whoever counts two rows in another one would wait for ever.
  insert into media.usage values (file.organisation_id, file.user_id, one, one * file.size_bytes)
  on conflict (organisation_id, user_id) do update
     set files = usage.files + excluded.files, bytes = usage.bytes + excluded.bytes;
  insert into media.usage values (file.organisation_id, '', one, one * file.size_bytes)
  on conflict (organisation_id, user_id) do update
     set files = usage.files + excluded.files, bytes = usage.bytes + excluded.bytes;
  delete from media.usage
   where organisation_id = file.organisation_id and user_id in (file.user_id, '') and files = 0;
  return null;
end
$$;
create trigger counted after insert or delete on media.file
  for each row execute function media.count_file();
insert into media.usage
select organisation_id, case grouping(user_id) when 0 then user_id else '' end,
       count(*), sum(size_bytes)
  from media.file group by grouping sets ((organisation_id, user_id), (organisation_id));
"""

# What an older process deletes goes with its copies: they are in the file's folder, and their rows
# hang on its row.
COPIES = """
create table media.copy (
  file_id    text   not null references media.file on delete cascade,
  size       text   not null,
  sha256     text   not null,
  media_type text   not null,
  -- 0: none can be made of this file.
  size_bytes bigint not null,
  primary key (file_id, size)
);
alter table media.file add column sha256 text;
comment on column media.file.sha256 is 'As it came with the last piece; null before, or never.';
"""

UNHELD = """
alter table media.file add column unheld_until timestamptz;
comment on column media.file.unheld_until is
  'Then it goes unless something relies on it; null: it stays.';
"""
