-- What every event has of metadata gets a column of its own, which takes a third of the bytes that
-- it took as text in JSON (docs/adr/0059). `meta` has what no column can, and is null mostly.
-- An event without a cause follows from its command.
alter table es.event rename to stored_event;
alter table es.stored_event
  alter column meta drop not null,
  add column command_id      uuid,
  add column correlation_id  uuid,
  add column causation_id    uuid,
  add column actor           text,
  add column organisation_id text,
  add column fingerprint     bytea,
  add column trace           bytea;

-- As releases before this step read it, and people still do.
create view es.event as
select position, xid, stream, version, event_id, type, data,
       jsonb_strip_nulls(jsonb_build_object(
         'command', command_id,
         'correlation', replace(correlation_id::text, '-', ''),
         'causation', coalesce(causation_id, command_id),
         'actor', actor,
         'organisation', organisation_id,
         'fingerprint', encode(fingerprint, 'hex'),
         'traceparent', regexp_replace(
           encode(trace, 'hex'), '^(..)(.{32})(.{16})(..)$', '\1-\2-\3-\4'))) || coalesce(meta, '{}') as meta,
       occurred_at, recorded_at
  from es.stored_event;

-- And as they write it: their functions of that name go on.
create function es.store_event() returns trigger language plpgsql as $$
begin
  insert into es.stored_event (stream, version, event_id, type, data, meta, occurred_at)
  values (new.stream, new.version, new.event_id, new.type, new.data, new.meta, new.occurred_at);
  return new;
end $$;
create trigger event_stored instead of insert on es.event
  for each row execute function es.store_event();

-- The functions of step 1 with a parameter for each column.
create function es.append_one(
  p_stream text, p_expected int, p_timers jsonb,
  p_event_id uuid, p_type text, p_data bytea, p_occurred_at timestamptz,
  p_command_id uuid, p_correlation_id uuid, p_causation_id uuid, p_actor text,
  p_organisation_id text, p_fingerprint bytea, p_trace bytea, p_meta jsonb
) returns boolean
language plpgsql set enable_seqscan = off as $$
begin
  perform es.must_be_first();
  perform pg_advisory_xact_lock(hashtextextended(p_stream, 0));
  if p_timers is not null and es.timers_gone(array[p_stream], p_timers) <> '{}' then
    return false;
  end if;
  insert into es.stored_event (
    stream, version, event_id, type, data, occurred_at,
    command_id, correlation_id, causation_id, actor, organisation_id, fingerprint, trace, meta)
  select p_stream, p_expected + 1, p_event_id, p_type, p_data, p_occurred_at,
         p_command_id, p_correlation_id, p_causation_id, p_actor, p_organisation_id,
         p_fingerprint, p_trace, p_meta
   where p_expected = coalesce((select e.version from es.stored_event e
                                 where e.stream = p_stream
                                 order by e.version desc limit 1), 0);
  if not found then
    return false;
  end if;
  if p_timers is not null then
    perform es.apply_timers(array[p_stream], '{1}', p_timers);
  end if;
  return true;
end $$;

create function es.append_group(
  p_streams text[], p_expected int[],
  p_owner int[], p_versions int[],
  p_event_ids uuid[], p_types text[], p_data bytea[], p_occurred_at timestamptz[],
  p_command_ids uuid[], p_correlation_ids uuid[], p_causation_ids uuid[], p_actors text[],
  p_organisation_ids text[], p_fingerprints bytea[], p_traces bytea[], p_meta text[],
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
    select coalesce((select e.version from es.stored_event e where e.stream = a.stream
                      order by e.version desc limit 1), 0)
      from unnest(p_streams) with ordinality as a(stream, no) order by a.no);
  accepted := array(
    select a.no from unnest(heads, p_expected) with ordinality as a(head, expected, no)
     where a.head = a.expected and a.no <> all(gone));

  insert into es.stored_event (
    stream, version, event_id, type, data, occurred_at,
    command_id, correlation_id, causation_id, actor, organisation_id, fingerprint, trace, meta)
  select p_streams[n.owner], n.version, n.event_id, n.type, n.data, n.occurred_at,
         n.command_id, n.correlation_id, n.causation_id, n.actor, n.organisation_id,
         n.fingerprint, n.trace, n.meta::jsonb
    from unnest(p_owner, p_versions, p_event_ids, p_types, p_data, p_occurred_at,
                p_command_ids, p_correlation_ids, p_causation_ids, p_actors,
                p_organisation_ids, p_fingerprints, p_traces, p_meta)
         with ordinality as n(owner, version, event_id, type, data, occurred_at,
                              command_id, correlation_id, causation_id, actor,
                              organisation_id, fingerprint, trace, meta, nth)
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
                    left join es.stored_event e on e.stream = a.stream and e.version = n.version
                   where n.owner = a.no and n.event_id is distinct from e.event_id)
                then 'repeated'
                else 'conflict' end,
           a.head
      from unnest(p_streams, heads) with ordinality as a(stream, head, no)
     where a.no <> all(accepted);
  end if;
end $$;
