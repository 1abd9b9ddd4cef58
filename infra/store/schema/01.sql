-- The event store of one service, in its own database.
-- The first step (infra/migrations.py): it does not change any more. It also runs over the tables of
-- releases that had no steps, so it leaves what is there.
create schema if not exists es;

create table if not exists es.event (
  position    bigint      not null generated always as identity,
  xid         xid8        not null default pg_current_xact_id(),
  stream      text        not null,
  version     int         not null,
  event_id    uuid        not null unique,
  type        text        not null,
  data        bytea       not null,
  meta        jsonb       not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (stream, version)
);
create index if not exists event_in_order on es.event (xid, position);

create table if not exists es.timer (
  stream     text        not null,
  name       text        not null,
  generation bigint      not null generated always as identity,
  due_at     timestamptz not null,
  primary key (stream, name)
);
alter table es.timer set (autovacuum_vacuum_scale_factor = 0.01);
create index if not exists timer_by_due on es.timer (due_at);

create table if not exists es.checkpoint (
  relay      text        primary key,
  epoch      bigint      not null default 0,
  store      text        not null default '',
  timeline   int         not null default 0,
  xid        xid8        not null default '0',
  position   bigint      not null default 0,
  ends       jsonb       not null default '{}',
  updated_at timestamptz not null default clock_timestamp()
);

-- What an append demands of its transaction.
create or replace function es.must_be_first() returns void language plpgsql as $$
begin
  -- A transaction that got its xid before it got its streams would be read in the wrong order:
  -- the order of all events is (xid, position).
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'append must precede every other write of its transaction';
  end if;
  -- The versions are read after the lock, by a snapshot that must see the previous writer's commit.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'append needs a read committed transaction';
  end if;
end $$;

-- Timers, here and below: [{"append": 1, "op": "set"|"cancel"|"fire", "name", "due", "generation"}],
-- "append" being the place of the append in p_streams (1-based). Which appends fire one that is gone:
create or replace function es.timers_gone(p_streams text[], p_timers jsonb)
returns int[] language sql as $$
  select coalesce(array_agg((t->>'append')::int), '{}')
    from jsonb_array_elements(p_timers) t
   where t->>'op' = 'fire'
     and not exists (select from es.timer x
                      where x.stream = p_streams[(t->>'append')::int] and x.name = t->>'name'
                        and x.generation = (t->>'generation')::bigint)
$$;

-- Timers of the appends that were accepted, in the same transaction.
create or replace function es.apply_timers(p_streams text[], p_accepted int[], p_timers jsonb)
returns void language plpgsql as $$
declare
  t jsonb;
begin
  for t in select e from jsonb_array_elements(p_timers) e where (e->>'append')::int = any(p_accepted)
  loop
    delete from es.timer x where x.stream = p_streams[(t->>'append')::int] and x.name = t->>'name';
    if t->>'op' = 'set' then
      insert into es.timer (stream, name, due_at)
      values (p_streams[(t->>'append')::int], t->>'name', (t->>'due')::timestamptz);
    end if;
  end loop;
end $$;

-- One append of one event that comes alone, as most do: true once it is recorded. False says that
-- nothing was, and es.append_group, which takes every append, finds out why.
-- Plans are kept, and must not be those of a table that was small when they were made.
create or replace function es.append_one(
  p_stream text, p_expected int, p_timers jsonb,
  p_event_id uuid, p_type text, p_data bytea, p_meta jsonb, p_occurred_at timestamptz
) returns boolean
language plpgsql set enable_seqscan = off as $$
begin
  perform es.must_be_first();
  perform pg_advisory_xact_lock(hashtextextended(p_stream, 0));
  if p_timers is not null and es.timers_gone(array[p_stream], p_timers) <> '{}' then
    return false;
  end if;
  insert into es.event (stream, version, event_id, type, data, meta, occurred_at)
  select p_stream, p_expected + 1, p_event_id, p_type, p_data, p_meta, p_occurred_at
   where p_expected = coalesce((select e.version from es.event e where e.stream = p_stream
                                 order by e.version desc limit 1), 0);
  if not found then
    return false;
  end if;
  if p_timers is not null then
    perform es.apply_timers(array[p_stream], '{1}', p_timers);
  end if;
  return true;
end $$;

-- Several appends at once. One row of p_streams/p_expected is one append; one row of the event
-- arrays is one event, p_owner naming its append (1-based). Answers the appends that were not
-- recorded, each with the version its stream stands at. All of it is one statement: a transaction
-- that waits for its client between two would hold back every reader of the order of all events.
create or replace function es.append_group(
  p_streams text[], p_expected int[],
  p_owner int[], p_versions int[],
  p_event_ids uuid[], p_types text[], p_data bytea[], p_meta text[], p_occurred_at timestamptz[],
  p_timers jsonb
) returns table (append_no int, verdict text, stream_version int)
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  heads int[];
  gone int[] := '{}';
  accepted int[];
begin
  perform es.must_be_first();
  perform pg_advisory_xact_lock(q.h)
     from (select distinct hashtextextended(s, 0) as h from unnest(p_streams) s order by 1) q;
  if p_timers is not null then
    gone := es.timers_gone(p_streams, p_timers);
  end if;
  heads := array(
    select coalesce((select e.version from es.event e where e.stream = a.stream
                      order by e.version desc limit 1), 0)
      from unnest(p_streams) with ordinality as a(stream, no) order by a.no);
  accepted := array(
    select a.no from unnest(heads, p_expected) with ordinality as a(head, expected, no)
     where a.head = a.expected and a.no <> all(gone));

  insert into es.event (stream, version, event_id, type, data, meta, occurred_at)
  select p_streams[n.owner], n.version, n.event_id, n.type, n.data, n.meta::jsonb, n.occurred_at
    from unnest(p_owner, p_versions, p_event_ids, p_types, p_data, p_meta, p_occurred_at)
         with ordinality as n(owner, version, event_id, type, data, meta, occurred_at, nth)
   where n.owner = any(accepted)
   order by n.nth;
  if p_timers is not null then
    perform es.apply_timers(p_streams, accepted, p_timers);
  end if;

  if cardinality(accepted) < cardinality(p_streams) then
    return query
    select a.no::int,
           case when a.no = any(gone) then 'timer_gone'
                -- The version after the expected one holds the first event of this append, and so on.
                when a.no = any(p_owner) and not exists (
                  select from unnest(p_owner, p_versions, p_event_ids) as n(owner, version, event_id)
                    left join es.event e on e.stream = a.stream and e.version = n.version
                   where n.owner = a.no and n.event_id is distinct from e.event_id)
                then 'repeated'
                else 'conflict' end,
           a.head
      from unnest(p_streams, heads) with ordinality as a(stream, head, no)
     where a.no <> all(accepted);
  end if;
end $$;

-- Readers take what lies before it: the oldest transaction that may still write here. One that is
-- seen to belong to another database never will; one that is not seen, because it ended since or
-- was prepared, counts as ours.
create or replace function es.horizon() returns xid8 language sql stable as $$
  select coalesce(min(running), pg_snapshot_xmax(pg_current_snapshot()))
    from pg_snapshot_xip(pg_current_snapshot()) running
   where not exists (
     select from pg_stat_activity a
      where a.datname <> current_database()
        and a.backend_xid::text::bigint = running::text::bigint & 4294967295)
$$;
