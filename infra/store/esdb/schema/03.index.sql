-- It came with the column once; where it did, it is built anew.
create index concurrently event_with_timers on beside.event_id (stream, version)
 where timers is not null;
