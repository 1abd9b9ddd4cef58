-- The event store of one service, in its own database. Running this twice changes nothing.
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

-- Group append. One row of p_streams/p_expected is one append; one row of the event arrays is one
-- event, p_owner naming its append (1-based) and p_nth its place within it (1-based).
-- p_timers: [{"append": 1, "op": "set"|"cancel"|"fire", "name", "due", "generation"}].
create or replace function es.append(
  p_streams text[], p_expected int[],
  p_owner int[], p_nth int[],
  p_event_ids uuid[], p_types text[], p_data bytea[], p_meta text[], p_occurred_at timestamptz[],
  p_timers jsonb
) returns table (append_no int, verdict text, stream_version int)
language plpgsql as $$
declare
  gone int[] := '{}';
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
  perform pg_advisory_xact_lock(q.h)
     from (select distinct hashtextextended(s, 0) as h from unnest(p_streams) s order by 1) q;

  if p_timers is not null then
    select coalesce(array_agg((t->>'append')::int), '{}') into gone
      from jsonb_array_elements(p_timers) t
     where t->>'op' = 'fire'
       and not exists (select from es.timer x
                        where x.stream = p_streams[(t->>'append')::int] and x.name = t->>'name'
                          and x.generation = (t->>'generation')::bigint);
  end if;

  return query
  with judged as materialized (
    select a.no::int as no, a.stream, a.expected, coalesce(head.version, 0) as current,
           a.no = any(gone) as timer_gone
      from unnest(p_streams, p_expected) with ordinality a(stream, expected, no)
      left join lateral (select e.version from es.event e where e.stream = a.stream
                          order by e.version desc limit 1) head on true
  ), inserted as (
    insert into es.event (stream, version, event_id, type, data, meta, occurred_at)
    select j.stream, j.expected + n.nth, n.event_id, n.type, n.data, n.meta::jsonb, n.occurred_at
      from unnest(p_owner, p_nth, p_event_ids, p_types, p_data, p_meta, p_occurred_at)
           as n(owner, nth, event_id, type, data, meta, occurred_at)
      join judged j on j.no = n.owner
     where j.current = j.expected and not j.timer_gone
     order by n.owner, n.nth
    returning es.event.event_id
  ), counted as (
    select n.owner, count(*)::int as count, (array_agg(n.event_id order by n.nth)) as ids
      from unnest(p_owner, p_nth, p_event_ids) as n(owner, nth, event_id) group by n.owner
  )
  select j.no,
         case when j.timer_gone then 'timer_gone'
              when j.current = j.expected then 'appended'
              when r.count is not null then 'repeated'
              else 'conflict' end,
         case when j.timer_gone then j.current
              when j.current = j.expected then j.expected + coalesce(c.count, 0)
              when r.count is not null then j.expected + c.count
              else j.current end
    from judged j
    left join counted c on c.owner = j.no
    left join lateral (
      select count(*) as count from es.event e
       where j.current > j.expected and e.stream = j.stream
         and e.version between j.expected + 1 and j.expected + c.count
         and e.event_id = c.ids[e.version - j.expected]
      having count(*) = c.count
    ) r on true
   order by j.no;
end $$;

-- Timers of the appends that were accepted; called in the same transaction, right after es.append.
create or replace function es.apply_timers(p_streams text[], p_accepted int[], p_timers jsonb)
returns void language plpgsql as $$
declare
  t jsonb;
begin
  for t in select e from jsonb_array_elements(p_timers) e where (e->>'append')::int = any(p_accepted)
  loop
    if t->>'op' = 'set' then
      delete from es.timer x where x.stream = p_streams[(t->>'append')::int] and x.name = t->>'name';
      insert into es.timer (stream, name, due_at)
      values (p_streams[(t->>'append')::int], t->>'name', (t->>'due')::timestamptz);
    else
      delete from es.timer x where x.stream = p_streams[(t->>'append')::int] and x.name = t->>'name';
    end if;
  end loop;
end $$;

-- The same with timers, in one statement: a transaction that waits for its client between two would
-- hold back every reader of the order of all events.
create or replace function es.append_with_timers(
  p_streams text[], p_expected int[],
  p_owner int[], p_nth int[],
  p_event_ids uuid[], p_types text[], p_data bytea[], p_meta text[], p_occurred_at timestamptz[],
  p_timers jsonb
) returns table (append_no int, verdict text, stream_version int)
language plpgsql as $$
declare
  accepted int[] := '{}';
begin
  for append_no, verdict, stream_version in
    select a.append_no, a.verdict, a.stream_version
      from es.append(p_streams, p_expected, p_owner, p_nth, p_event_ids, p_types, p_data, p_meta,
                     p_occurred_at, p_timers) a
  loop
    if verdict = 'appended' then
      accepted := accepted || append_no;
    end if;
    return next;
  end loop;
  perform es.apply_timers(p_streams, accepted, p_timers);
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
