-- Amendments are few, and everybody who reads a part of a stream asks for all of its own.
create index event_amended on es.event (stream, version)
 where type = 'relais.common.v1.event_amended';
