-- Whoever goes over all streams asks for their names in order.
create index concurrently event_id_by_stream on beside.event_id (stream);
