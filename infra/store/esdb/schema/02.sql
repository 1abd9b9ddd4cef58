-- The timers of an append, beside its first event, from before it is sent until they are done.
-- Released as 0ee90e42660050b63a7b1d513b9c0b59a2518d0dff31d37a044b3376ce6261ed
alter table beside.event_id add column timers jsonb;
