-- For `relais why`, which follows one request through all services. The events of one are recorded
-- within minutes, so a digest for each range of pages finds them, in a byte for each event; a tree
-- would take thirty (docs/adr/0059 counts them). The correlation of a timer is in `meta`.
create index concurrently event_correlated on es.stored_event
 using brin (correlation_id uuid_bloom_ops, (meta->>'correlation') text_bloom_ops)
 with (autosummarize = on);
