-- Amendments are few, and everybody who reads a part of a stream asks for all of its own.
-- Released as 58f8040f253eadbf1a04f33e94ac15a9264b0cafeba787eef56e6d6d089e5d50
create index concurrently event_amended on es.event (stream, version)
 where type = 'relais.common.v1.event_amended';
