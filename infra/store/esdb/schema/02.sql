-- The timers of an append, beside its first event, from before it is sent until they are done.
alter table beside.event_id add column timers jsonb;
create index event_with_timers on beside.event_id (stream, version) where timers is not null;
